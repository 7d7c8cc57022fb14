import type { X86Profile } from '../../src/scenario/profile.js';
import { X86_OP_NAMES, type X86Op } from '../../src/scenario/stage2/ops.js';
import type { X86Scenario } from '../../src/scenario/stage2.js';
import type { Access } from '../../src/scenario/stage2/steps.js';

/** A load of 8 bytes from the first page. */
export function access(changes: Partial<Access> = {}): Access {
  return {
    kind: 'access',
    op: 'load',
    width: 8,
    vcpu: 0,
    region: 'data',
    page: 0,
    offset: 0,
    value: '0x0',
    comparand: 'initial',
    count: 1,
    sweep: 1,
    peer: { region: 'scratch' },
    ...changes,
  };
}

/** The simplest scenario: anonymous memory, no flags, one load. */
export function simplestScenario(changes: Partial<X86Scenario> = {}): X86Scenario {
  const region = { backing: 'anon', flags: { log: false, readonly: false }, uffd: null } as const;
  return {
    schema: 1,
    family: 'stage2',
    arch: 'x86_64',
    config: {
      privilege: 'kernel',
      vcpus: 1,
      dirtyTracking: 'bitmap',
      initial: { pteA: true, pdeA: true, pdpteA: true, pteD: true },
      pt: region,
      data: { ...region, pages: 1, offsetPages: 0 },
      data2: null,
      none: { pages: 1, reads: ['0x0'] },
    },
    steps: [access()],
    ...changes,
  };
}

/** An x86 machine that can do everything. */
export function ableProfile(changes: Partial<X86Profile> = {}): X86Profile {
  const able = { memory: 'runs', mmio: 'emulated' } as const;
  const ops = Object.fromEntries(X86_OP_NAMES.map((op) => [op, { kernel: able, user: able }])) as Record<
    X86Op,
    { kernel: typeof able; user: typeof able }
  >;
  return {
    target: 'local',
    arch: 'x86_64',
    kernelRelease: '6.12.9-generic',
    kvmModule: 'kvm_intel',
    cpuVendor: 'GenuineIntel',
    cpuModel: 'test',
    paging: 'tdp',
    kernelRunsNatively: true,
    walkDirtiesTables: 'on_change',
    readOnlyTables: 'work',
    memoryFaultExit: true,
    uffdDropsWp: true,
    uffdUnregisterWakesAll: false,
    uffdWpSpansMappings: true,
    atomicFaults: 'write_at_once',
    clflushLoads: true,
    storesAtOnce: 64,
    syncsWholeTables: false,
    mmioBeforeRights: false,
    ops,
    features: {
      readonlyMem: true,
      manualProtect: true,
      dirtyRing: true,
      userfaultfd: true,
      uffdMissingShmem: true,
      uffdMissingHugetlb: true,
      uffdMinorHugetlb: true,
      uffdMinorShmem: true,
      uffdWp: true,
      uffdWpShmemHugetlb: true,
      uffdPoison: true,
      hugePages: true,
      thp: true,
      lse: false,
      hardwareAccessFlag: false,
      hardwareDirty: false,
      granule4k: false,
      granule16k: false,
      granule64k: false,
    },
    ringSoftLimit: 64,
    ...changes,
  };
}
