/** The small scenarios that probes are made of. */
import type { Stage2Scenario } from '../../scenario/stage2.js';
import type { Stage2Config } from '../../scenario/stage2/config.js';
import { FETCH_STUB_OFFSET } from '../../scenario/stage2/layout.js';
import type { Op } from '../../scenario/stage2/ops.js';
import type { Access, Step } from '../../scenario/stage2/steps.js';

const PLAIN = { backing: 'anon', flags: { log: false, readonly: false }, uffd: null } as const;

/** Anonymous memory, one page of data, no flags, A and D bits set. */
export function plainConfig(changes: Partial<Stage2Config>): Stage2Config {
  return {
    privilege: 'kernel',
    vcpus: 1,
    dirtyTracking: 'bitmap',
    initial: { pteA: true, pdeA: true, pdpteA: true, pteD: true },
    pt: PLAIN,
    data: { ...PLAIN, pages: 1, offsetPages: 0 },
    data2: null,
    none: { pages: 1, reads: ['0x0'] },
    ...changes,
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
    offset: op === 'fetch' ? FETCH_STUB_OFFSET : 0,
    value: '0x1',
    comparand: 'initial',
    count: 1,
    sweep: 1,
    peer: { region: 'scratch' },
  };
}

export function scenarioOf(config: Partial<Stage2Config>, steps: Step[]): Stage2Scenario {
  return { schema: 1, family: 'stage2', arch: 'x86_64', config: plainConfig(config), steps };
}
