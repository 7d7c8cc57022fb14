import { FEATURES, type Feature, type OpAbility, type Profile } from '../../src/scenario/profile.js';
import { OP_NAMES, type Op } from '../../src/scenario/stage2/ops.js';

const runs: OpAbility = { memory: 'runs', mmio: 'emulated' };
const abilities = Object.fromEntries(OP_NAMES.map((op) => [op, { kernel: runs, user: runs }])) as Record<
  Op,
  { kernel: OpAbility; user: OpAbility }
>;

export function features(present: boolean): Record<Feature, boolean> {
  return Object.fromEntries(FEATURES.map((feature) => [feature, present])) as Record<Feature, boolean>;
}

/** A machine that has everything, with shadow paging, where the kernel's code is emulated. */
export function profile(changes: Partial<Profile> = {}): Profile {
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
    ops: abilities,
    features: features(true),
    ringSoftLimit: 960,
    ...changes,
  };
}

/** The same machine without an operation at any privilege. */
export function withoutOp(op: Op): Profile {
  const absent: OpAbility = { memory: 'absent', mmio: 'absent' };
  return profile({ ops: { ...abilities, [op]: { kernel: absent, user: absent } } });
}
