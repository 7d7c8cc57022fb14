import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { reduce } from '../../src/arbitraries/reduce.js';
import { complexity, simplifyStage2 } from '../../src/arbitraries/simplify.js';
import { stage2Arbitrary } from '../../src/arbitraries/stage2.js';
import { parseStage2 } from '../../src/scenario/parse.js';
import type { ArmConfig, ArmScenario, Stage2Scenario, Step } from '../../src/scenario/stage2.js';
import { armAccess, armConfig, armScenario, uffd } from '../scenario/examples.js';
import { armProfile } from './profiles.js';
import { accessesOf } from './variants.js';

const arbitrary = stage2Arbitrary(armProfile());
const data = (changes: Partial<ArmConfig['data']> = {}): ArmConfig['data'] => ({
  ...armConfig().data,
  pages: 1,
  ...changes,
});
const readonly = { log: false, readonly: true };
const simplest = armScenario([], { data: data() });

/** Some step that fits is followed, at once or later, by one that fits with it. */
function follows(steps: readonly Step[], fits: (first: Step, second: Step) => boolean): boolean {
  return steps.some((first, i) => steps.slice(i + 1).some((second) => fits(first, second)));
}

interface Failure {
  readonly name: string;
  readonly fails: (scenario: ArmScenario) => boolean;
  readonly simplest: ArmScenario;
}

const failures: Failure[] = [
  { name: 'whatever happens', fails: () => true, simplest },
  {
    name: 'a granule of 64K',
    fails: ({ config, steps }) => config.granule === '64k' && accessesOf(steps).some(({ op }) => op === 'str'),
    simplest: armScenario([armAccess({ op: 'str' })], {
      granule: '64k',
      data: data({ pages: 16 }),
      none: { pages: 16, reads: ['0x0'] },
    }),
  },
  {
    name: 'a hole in a table of any granule',
    fails: ({ steps }) =>
      follows(steps, (a, b) => a.kind === 'hole' && a.region === 'pt' && b.kind === 'access' && b.op === 'ldr'),
    simplest: armScenario([{ kind: 'hole', region: 'pt', page: 0, pages: 1, how: 'dontneed' }, armAccess()], {
      data: data(),
    }),
  },
  {
    name: 'a write without a syndrome to a read-only slot',
    fails: ({ config, steps }) =>
      config.data.flags.readonly && accessesOf(steps).some(({ op, region }) => op === 'dc_zva' && region === 'data'),
    simplest: armScenario([armAccess({ op: 'dc_zva', width: 64 })], { data: data({ flags: readonly }) }),
  },
  {
    name: 'an exception for a clear access flag',
    fails: ({ config, steps }) => !config.ha && !config.initial.af && accessesOf(steps).length > 0,
    simplest: armScenario([armAccess()], {
      ha: false,
      initial: { af: false, dbm: false, writable: true },
      data: data(),
    }),
  },
  {
    name: 'an entry that the processor makes writable',
    fails: ({ config: { hd, initial }, steps }) =>
      hd && initial.dbm && !initial.writable && accessesOf(steps).some(({ op }) => op === 'str' || op === 'cas'),
    simplest: armScenario([armAccess({ op: 'str' })], {
      hd: true,
      initial: { af: true, dbm: true, writable: false },
      data: data(),
    }),
  },
  {
    name: 'an edit above the leaf',
    fails: ({ steps }) => steps.some((step) => step.kind === 'pte' && step.flag === 'valid' && !step.set),
    simplest: armScenario(
      [
        {
          kind: 'pte',
          region: 'data',
          page: 0,
          level: 'l3',
          flag: 'valid',
          set: false,
          by: 'guest',
          vcpu: 0,
          flush: true,
        },
      ],
      { data: data() },
    ),
  },
  {
    name: 'a translation at EL1 that a userfault meets',
    fails: ({ config, steps }) =>
      config.data.uffd?.missing === true && accessesOf(steps).some(({ op }) => op.startsWith('at_')),
    simplest: armScenario([armAccess({ op: 'at_s1e1r', width: 1 })], { data: data({ uffd: uffd() }) }),
  },
  {
    name: 'two atomics at once',
    fails: ({ steps }) => steps.some((step) => step.kind === 'race' && step.a.op === 'ldadd' && step.b.op === 'ldadd'),
    simplest: armScenario([{ kind: 'race', a: armAccess({ op: 'ldadd' }), b: armAccess({ op: 'ldadd', vcpu: 1 }) }], {
      vcpus: 2,
      data: data(),
    }),
  },
];

describe('shrinking on aarch64 ends in the simplest scenario with', () => {
  test.each(failures)('$name', async ({ fails: failsOnArm, simplest: expected }) => {
    const fails = (scenario: Stage2Scenario): boolean => scenario.arch === 'aarch64' && failsOnArm(scenario);
    expect(parseStage2(expected)).toEqual(expected);
    for (const seed of [1, 2, 3]) {
      const { counterexample } = fc.check(
        fc.property(arbitrary, (candidate) => !fails(candidate)),
        { seed, numRuns: 50_000 },
      );
      const found = counterexample?.[0];
      if (found === undefined) throw new Error('the generator does not make such scenarios');
      const { scenario: reduced, minimal } = await reduce(found, simplifyStage2, fails);
      expect(minimal).toBe(true);
      expect(reduced).toEqual(expected);
    }
  });
});

describe('every move on aarch64', () => {
  test('leads to a valid scenario that is strictly simpler', () => {
    fc.assert(
      fc.property(fc.noShrink(arbitrary), (start) => {
        const cost = complexity(start);
        for (const candidate of simplifyStage2(start)) {
          expect(parseStage2(candidate)).toEqual(candidate);
          expect(complexity(candidate)).toBeLessThan(cost);
        }
      }),
      { numRuns: 300 },
    );
  });

  test('can make a large granule smaller, whatever the steps', () => {
    const scenarios = fc.sample(arbitrary, { numRuns: 4000, seed: 5 });
    const large = scenarios.filter(
      ({ arch, config }) => arch === 'aarch64' && 'granule' in config && config.granule !== '4k',
    );
    expect(large.length).toBeGreaterThan(100);
    for (const start of large) {
      const granules = [...simplifyStage2(start)].map(({ config }) => ('granule' in config ? config.granule : ''));
      expect(granules).toContain('4k');
    }
  });

  test('leads from the simplest scenario nowhere', () => {
    expect([...simplifyStage2(simplest)]).toEqual([]);
    expect(complexity(simplest)).toBe(0);
  });
});
