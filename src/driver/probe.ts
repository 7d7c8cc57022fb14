import { constants } from 'node:os';
import type { ArmProfile, Feature, Stage2Profile, X86Profile } from '../scenario/profile.js';
import { GRANULES, type Granule } from '../scenario/stage2/arch.js';
import { decodeFacts, type Facts } from './facts.js';
import type { Driver } from './library.js';
import { ArmProber } from './probe/arm64.js';
import { X86Prober } from './probe/x86.js';

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
    lse: facts.has('lse'),
    hardwareAccessFlag: facts.has('ha'),
    hardwareDirty: facts.has('hd'),
    granule4k: facts.has('granule_4k'),
    granule16k: facts.has('granule_16k'),
    granule64k: facts.has('granule_64k'),
  };
}

/** What is read off the facts alone. */
function known(
  facts: Facts,
  target: string,
): Pick<Stage2Profile, Exclude<keyof X86Profile & keyof ArmProfile, 'arch' | Probed>> {
  const { kernelRelease, kvmModule, cpuVendor, cpuModel } = facts;
  return {
    target,
    kernelRelease,
    kvmModule,
    cpuVendor,
    cpuModel,
    features: features(facts),
    ringSoftLimit: facts.has('dirty_ring') ? Math.max(0, facts.ringEntries - facts.ringReserved) : 0,
  };
}

type Probed =
  | 'walkDirtiesTables'
  | 'memoryFaultExit'
  | 'atomicFaults'
  | 'uffdDropsWp'
  | 'uffdUnregisterWakesAll'
  | 'uffdWpSpansMappings';

function probeX86(driver: Driver, facts: Facts, target: string): X86Profile {
  const prober = new X86Prober(driver);
  const readOnlyTables = facts.has('readonly_mem') ? prober.readOnlyTables() : 'undefined';
  return {
    ...known(facts, target),
    arch: 'x86_64',
    paging: readOnlyTables === 'work' ? 'shadow' : 'tdp',
    kernelRunsNatively: prober.refusedAccess('kernel') !== 'mmio',
    walkDirtiesTables: prober.walkDirtiesTables(),
    readOnlyTables,
    memoryFaultExit: prober.refusedAccess('user') === 'memory_fault',
    atomicFaults: prober.atomicFaults(),
    clflushLoads: prober.clflushLoads(),
    storesAtOnce: prober.storesAtOnce(),
    syncsWholeTables: prober.syncsWholeTables(),
    mmioBeforeRights: prober.mmioBeforeRights(),
    uffdDropsWp: !facts.has('uffd_wp') || prober.dropsWp(),
    uffdUnregisterWakesAll: facts.has('uffd_wp') && prober.unregisterWakesAll(),
    uffdWpSpansMappings: !facts.has('uffd_wp') || prober.wpSpansMappings(),
    ops: prober.abilities(),
  };
}

/** The smallest granule that the processor has. */
function granuleOf(facts: Facts): Granule {
  return GRANULES.find((granule) => facts.has(`granule_${granule}`)) ?? '4k';
}

function probeArm(driver: Driver, facts: Facts, target: string): ArmProfile {
  const prober = new ArmProber(driver, granuleOf(facts));
  // Where it cannot be seen, no scenario that depends on it runs either.
  const atomics = facts.has('lse') && facts.has('readonly_mem') && facts.has('userfaultfd');
  return {
    ...known(facts, target),
    arch: 'aarch64',
    walkDirtiesTables: prober.walkDirtiesTables(),
    memoryFaultExit: prober.memoryFaultExit(),
    atomicFaults: atomics ? prober.atomicFaults() : 'read_first',
    uffdDropsWp: !facts.has('uffd_wp') || prober.dropsWp(),
    uffdUnregisterWakesAll: facts.has('uffd_wp') && prober.unregisterWakesAll(),
    uffdWpSpansMappings: !facts.has('uffd_wp') || prober.wpSpansMappings(),
    atSetsAccessFlag: facts.has('ha') && prober.atSetsAccessFlag(),
    maintenanceLoads: prober.maintenanceLoads(),
  };
}

function whyNot({ kvmErrno }: Facts, target: string): string {
  const name = Object.entries(constants.errno).find(([, number]) => number === kvmErrno)?.[0];
  const errno = name ?? `errno ${kvmErrno}`;
  if (target === 'local') return `(${errno}); \`faultline doctor\` names the mending command`;
  return `on ${target} (${errno}): load its KVM module there, with the rights to open /dev/kvm`;
}

/**
 * Finds out what the model needs to know of the machine under test: facts that the kernel states, and choices that only running
 * a guest shows.
 *
 * @param target name of the target, for reports.
 * @throws {NoKvmError} when there is no usable /dev/kvm.
 */
export function probe(driver: Driver, target = 'local'): Stage2Profile {
  const facts = decodeFacts(driver.facts());
  if (facts.kvmErrno !== 0 || !facts.has('kvm'))
    throw new NoKvmError(`/dev/kvm cannot be used ${whyNot(facts, target)}`);
  return facts.arch === 'aarch64' ? probeArm(driver, facts, target) : probeX86(driver, facts, target);
}
