/** The small scenarios that probes are made of. */
import type { ArmScenario, X86Scenario } from '../../scenario/stage2.js';
import { leafPages } from '../../scenario/stage2/arch.js';
import type { ArmConfig, PtRegion, Uffd, X86Config } from '../../scenario/stage2/config.js';
import { FETCH_STUB_OFFSET } from '../../scenario/stage2/layout.js';
import { isFetch, type Op } from '../../scenario/stage2/ops.js';
import type { Access, Step } from '../../scenario/stage2/steps.js';

/** Anonymous memory without flags. */
export const PLAIN_REGION = {
  backing: 'anon',
  flags: { log: false, readonly: false },
  uffd: null,
} as const satisfies PtRegion;

const MACHINE = { privilege: 'kernel', vcpus: 1, dirtyTracking: 'bitmap' } as const;
const REGIONS = {
  pt: PLAIN_REGION,
  data: { ...PLAIN_REGION, pages: 1, offsetPages: 0 },
  data2: null,
  none: { pages: 1, reads: ['0x0'] as string[] },
};

/** Anonymous memory, one page of data, no flags, A and D bits set. */
export function x86Scenario(changes: Partial<X86Config>, steps: Step[]): X86Scenario {
  const initial = { pteA: true, pdeA: true, pdpteA: true, pteD: true };
  const config = { ...MACHINE, initial, ...REGIONS, ...changes };
  return { schema: 1, family: 'stage2', arch: 'x86_64', config, steps };
}

type ArmChanges = Partial<Omit<ArmConfig, 'data'>> & { readonly data?: PtRegion };

/** Anonymous memory, some leaves of data, no flags, the access flag set and not managed by the processor. */
export function armScenario(changes: ArmChanges, steps: Step[], leaves = 1): ArmScenario {
  const initial = { af: true, dbm: false, writable: true };
  const plain: ArmConfig = { ...MACHINE, granule: '4k', ha: false, hd: false, initial, ...REGIONS };
  const { data, ...others } = changes;
  const config = { ...plain, ...others };
  const pages = leafPages(config);
  return {
    schema: 1,
    family: 'stage2',
    arch: 'aarch64',
    config: {
      ...config,
      data: { ...PLAIN_REGION, ...data, pages: pages * leaves, offsetPages: 0 },
      none: { ...config.none, pages },
    },
    steps,
  };
}

/** One access at offset 0 of a region's first page. */
export function plainAccess(op: Op, width: number, region: Access['region']): Access {
  return {
    kind: 'access',
    op,
    width: width as Access['width'],
    vcpu: 0,
    region,
    page: 0,
    offset: isFetch(op) ? FETCH_STUB_OFFSET : 0,
    value: '0x1',
    comparand: 'initial',
    count: 1,
    sweep: 1,
    peer: { region: 'scratch' },
  };
}

/** A userfaultfd registration for MISSING that answers with a copy. */
export const COPYING: Uffd = {
  missing: true,
  minor: false,
  wp: false,
  missingAnswers: ['copy'],
  minorAnswer: 'continue',
  wpAnswer: 'unprotect',
  delayUs: 0,
};

/** The entry of the first page of data is not present. */
export const absentFirst = {
  kind: 'pte',
  region: 'data',
  page: 0,
  level: 'pte',
  flag: 'present',
  set: false,
  by: 'host',
  vcpu: 0,
  flush: true,
} as const satisfies Step;

/** Data that is registered for write protection is registered again without. */
export const WITH_WP = { ...PLAIN_REGION, uffd: { ...COPYING, wp: true } };
export const registerWithoutWp = {
  kind: 'uffd',
  action: 'register',
  region: 'data',
  uffd: COPYING,
} as const satisfies Step;

/** Data that is registered for write protection alone, and nobody who lifts it. */
export const UNANSWERED_WP = {
  ...PLAIN_REGION,
  uffd: { ...COPYING, missing: false, wp: true, wpAnswer: 'none' },
} as const;
export const writeProtectFirst = {
  kind: 'uffd',
  action: 'protect',
  region: 'data',
  page: 0,
  pages: 1,
} as const satisfies Step;

/** The host refuses all access to the first page of data. */
export const protectFirst = {
  kind: 'host',
  action: 'mprotect',
  region: 'data',
  page: 0,
  pages: 1,
  prot: 'none',
} as const satisfies Step;

export const writeProtectTwo = {
  kind: 'uffd',
  action: 'protect',
  region: 'data',
  page: 0,
  pages: 2,
} as const satisfies Step;

export function getDirty(region: 'pt' | 'data'): Step {
  return { kind: 'dirtyLog', action: 'get', region };
}
