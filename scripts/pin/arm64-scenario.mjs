// Scenarios of aarch64 from little more than what is special about them.
import { PLAIN } from './selftest.mjs';

export const EL = { kernel: 'EL1', user: 'EL0' };

const LEAF_PAGES = { '4k': 1, '16k': 4, '64k': 16 };
const PT_PAGES = { '4k': 8, '16k': 12, '64k': 48 };

/** Pages of all tables, for a hole in them. */
export function tablePages(granule) {
  return PT_PAGES[granule];
}

/** An access to the start of the first page of data. */
export function access(op, changes = {}) {
  return { op, width: 8, offset: 0, value: '0x1122334455667788', comparand: 'initial', ...changes };
}

const fullAccess = (step) => ({
  kind: 'access',
  vcpu: 0,
  region: 'data',
  page: 0,
  count: 1,
  sweep: 1,
  peer: { region: 'scratch' },
  ...step,
});

function fullStep(step) {
  if (step.kind === undefined) return fullAccess(step);
  return step.kind === 'race' ? { ...step, a: fullAccess(step.a), b: fullAccess(step.b) } : step;
}

/** An edit of the leaf entry of the first page of data, which the guest makes and flushes. */
export function edit(flag, set, changes = {}) {
  const plain = { region: 'data', page: 0, level: 'l3', by: 'guest', vcpu: 0, flush: true };
  return { kind: 'pte', ...plain, flag, set, ...changes };
}

/** A scenario; what is not said is plain: a leaf of anonymous data, the access flag set, nothing managed by the processor. */
export function armScenario({ granule = '4k', initial, pt, data, data2, none, ...changes }, steps) {
  const pages = LEAF_PAGES[granule];
  return {
    schema: 1,
    family: 'stage2',
    arch: 'aarch64',
    config: {
      privilege: 'kernel',
      vcpus: 1,
      dirtyTracking: 'bitmap',
      granule,
      ha: false,
      hd: false,
      ...changes,
      initial: { af: true, dbm: false, writable: true, ...initial },
      pt: { ...PLAIN, ...pt },
      data: { ...PLAIN, pages, offsetPages: 0, ...data },
      data2: data2 === undefined ? null : { ...PLAIN, pages, offsetPages: 0, ...data2 },
      none: { pages, reads: ['0x0'], ...none },
    },
    steps: steps.map(fullStep),
  };
}
