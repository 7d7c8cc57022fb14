import type { Feature, Profile } from '../scenario/profile.js';
import { decodeFacts, type Facts } from './facts.js';
import type { Driver } from './library.js';
import { Prober } from './probe/behaviour.js';

/** KVM cannot be used at all; the message is one sentence that says why. */
export class NoKvmError extends Error {
  override readonly name = 'NoKvmError';
}

function features(facts: Facts): Record<Feature, boolean> {
  return {
    readonlyMem: facts.has('readonly_mem'),
    manualProtect: facts.has('manual_protect'),
    dirtyRing: facts.has('dirty_ring'),
    userfaultfd: facts.has('userfaultfd'),
    uffdMissingShmem: facts.has('uffd_missing_shmem'),
    uffdMissingHugetlb: facts.has('uffd_missing_hugetlb'),
    uffdMinorHugetlb: facts.has('uffd_minor_hugetlb'),
    uffdMinorShmem: facts.has('uffd_minor_shmem'),
    uffdWp: facts.has('uffd_wp'),
    uffdWpShmemHugetlb: facts.has('uffd_wp_shmem_hugetlb'),
    uffdPoison: facts.has('uffd_poison'),
    hugePages: facts.freeHugePages > 0,
    thp: facts.has('thp'),
  };
}

/**
 * Finds out what the model needs to know of the machine under test: facts that the kernel states, and choices that only running
 * a guest shows.
 *
 * @throws {NoKvmError} when there is no usable /dev/kvm.
 */
export function probe(driver: Driver): Profile {
  const facts = decodeFacts(driver.facts());
  if (facts.kvmErrno !== 0 || !facts.has('kvm'))
    throw new NoKvmError(
      `/dev/kvm cannot be used (errno ${facts.kvmErrno}); \`faultline doctor\` names the mending command`,
    );
  const prober = new Prober(driver);
  const readOnlyTables = facts.has('readonly_mem') ? prober.readOnlyTables() : 'undefined';
  return {
    target: 'local',
    arch: 'x86_64',
    kernelRelease: facts.kernelRelease,
    kvmModule: facts.kvmModule,
    cpuVendor: facts.cpuVendor,
    cpuModel: facts.cpuModel,
    paging: readOnlyTables === 'work' ? 'shadow' : 'tdp',
    kernelRunsNatively: prober.refusedAccess('kernel') !== 'mmio',
    walkDirtiesTables: prober.walkDirtiesTables(),
    readOnlyTables,
    memoryFaultExit: prober.refusedAccess('user') === 'memory_fault',
    ops: prober.abilities(),
    features: features(facts),
    ringSoftLimit: Math.max(0, facts.ringEntries - facts.ringReserved),
  };
}
