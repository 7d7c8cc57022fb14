import {
  FEATURES,
  type ArmProfile,
  type Feature,
  type OpAbility,
  type X86Profile,
} from '../../src/scenario/profile.js';
import { X86_OP_NAMES, type X86Op } from '../../src/scenario/stage2/ops.js';

const runs: OpAbility = { memory: 'runs', mmio: 'emulated' };
const abilities = Object.fromEntries(X86_OP_NAMES.map((op) => [op, { kernel: runs, user: runs }])) as Record<
  X86Op,
  { kernel: OpAbility; user: OpAbility }
>;

export function features(present: boolean): Record<Feature, boolean> {
  return Object.fromEntries(FEATURES.map((feature) => [feature, present])) as Record<Feature, boolean>;
}

/** A machine that has everything, with shadow paging, where the kernel's code is emulated. */
export function profile(changes: Partial<X86Profile> = {}): X86Profile {
  return {
    target: 'test',
    arch: 'x86_64',
    kernelRelease: '6.0.0',
    kvmModule: 'kvm',
    cpuVendor: 'vendor',
    cpuModel: 'model',
    paging: 'shadow',
    kernelRunsNatively: false,
    walkDirtiesTables: 'on_change',
    readOnlyTables: 'work',
    memoryFaultExit: false,
    uffdDropsWp: true,
    uffdUnregisterWakesAll: false,
    uffdWpSpansMappings: true,
    atomicFaults: 'write_at_once',
    clflushLoads: true,
    storesAtOnce: 64,
    syncsWholeTables: false,
    mmioBeforeRights: false,
    ops: abilities,
    features: features(true),
    ringSoftLimit: 960,
    ...changes,
  };
}

/** An aarch64 machine that has everything, where atomics read first. */
export function armProfile(changes: Partial<ArmProfile> = {}): ArmProfile {
  const { target, kernelRelease, kvmModule, cpuVendor, cpuModel } = profile();
  return {
    ...{ target, kernelRelease, kvmModule, cpuVendor, cpuModel },
    arch: 'aarch64',
    walkDirtiesTables: 'on_change',
    memoryFaultExit: false,
    uffdDropsWp: true,
    uffdUnregisterWakesAll: false,
    uffdWpSpansMappings: true,
    atomicFaults: 'read_first',
    atSetsAccessFlag: true,
    maintenanceLoads: true,
    features: features(true),
    ringSoftLimit: 960,
    ...changes,
  };
}

/** The x86 machine without an operation at any privilege. */
export function withoutOp(op: X86Op): X86Profile {
  const absent: OpAbility = { memory: 'absent', mmio: 'absent' };
  return profile({ ops: { ...abilities, [op]: { kernel: absent, user: absent } } });
}
