import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { reduce } from '../../src/arbitraries/reduce.js';
import { complexity, simplifyStage2 } from '../../src/arbitraries/simplify.js';
import { stage2Arbitrary } from '../../src/arbitraries/stage2.js';
import type { Access, Stage2Config, Stage2Scenario, Step } from '../../src/scenario/stage2.js';
import { parseStage2 } from '../../src/scenario/parse.js';
import { MAX_STEPS } from '../../src/scenario/stage2/layout.js';
import { access, config, scenario, uffd } from '../scenario/examples.js';
import { profile } from './profiles.js';

const arbitrary = stage2Arbitrary(profile());
const data = (changes: Partial<Stage2Config['data']> = {}): Stage2Config['data'] => ({
  ...config().data,
  pages: 1,
  ...changes,
});
const hole: Step = { kind: 'hole', region: 'data', page: 0, pages: 1, how: 'dontneed' };
const accesses = ({ steps }: Stage2Scenario): Access[] => steps.filter((step) => step.kind === 'access');
const straddles = ({ offset, width, count }: Access): boolean => offset + width * count > 4096;

/** Some step that fits is followed, at once or later, by one that fits with it. */
function follows(steps: readonly Step[], fits: (first: Step, second: Step) => boolean): boolean {
  return steps.some((first, i) => steps.slice(i + 1).some((second) => fits(first, second)));
}

interface Failure {
  readonly name: string;
  readonly fails: (scenario: Stage2Scenario) => boolean;
  readonly simplest: Stage2Scenario;
}

const failures: Failure[] = [
  {
    name: 'whatever happens',
    fails: () => true,
    simplest: scenario([], { data: data() }),
  },
  {
    name: 'a store to another page than the first',
    fails: (s) => accesses(s).some(({ op, page }) => op === 'store' && page > 0),
    simplest: scenario([access({ op: 'store', page: 1 })], { data: data({ pages: 2 }) }),
  },
  {
    name: 'a load from a hole',
    fails: ({ steps }) =>
      follows(
        steps,
        (a, b) =>
          a.kind === 'hole' && b.kind === 'access' && b.op === 'load' && b.region === a.region && b.page === a.page,
      ),
    simplest: scenario([hole, access()], { data: data() }),
  },
  {
    name: 'an exchange across two pages of a read-only slot',
    fails: (s) =>
      s.config.data.flags.readonly && accesses(s).some((a) => a.op === 'xchg' && a.region === 'data' && straddles(a)),
    simplest: scenario([access({ op: 'xchg', offset: 4092 })], {
      data: data({ pages: 2, flags: { log: false, readonly: true } }),
    }),
  },
  {
    name: 'a page beyond the first word of a bitmap',
    fails: (s) => accesses(s).some(({ page, region }) => region === 'data' && page > 63),
    simplest: scenario([access({ page: 64 })], { data: data({ pages: 65 }) }),
  },
  {
    name: 'a race that writes',
    fails: ({ steps }) => steps.some((step) => step.kind === 'race' && step.a.op !== 'load'),
    simplest: scenario([{ kind: 'race', a: access({ op: 'store' }), b: access({ vcpu: 1 }) }], {
      vcpus: 2,
      data: data(),
    }),
  },
  {
    name: 'an edit by one vCPU that the other one sees',
    fails: ({ steps }) =>
      follows(
        steps,
        (a, b) =>
          a.kind === 'pte' &&
          a.flag === 'present' &&
          !a.set &&
          b.kind === 'access' &&
          a.region === b.region &&
          a.page === b.page &&
          a.vcpu !== b.vcpu,
      ),
    simplest: scenario(
      [
        {
          kind: 'pte',
          region: 'data',
          page: 0,
          level: 'pte',
          flag: 'present',
          set: false,
          by: 'guest',
          vcpu: 0,
          flush: true,
        },
        access({ vcpu: 1 }),
      ],
      { vcpus: 2, data: data() },
    ),
  },
  {
    name: 'a write that the ring does not show',
    fails: ({ config: c, steps }) =>
      c.dirtyTracking === 'ring' &&
      c.data.flags.log &&
      follows(
        steps,
        (a, b) =>
          a.kind === 'access' &&
          a.op === 'store' &&
          a.region === 'data' &&
          b.kind === 'dirtyLog' &&
          b.action === 'harvest',
      ),
    simplest: scenario([access({ op: 'store' }), { kind: 'dirtyLog', action: 'harvest' }], {
      dirtyTracking: 'ring',
      data: data({ flags: { log: true, readonly: false } }),
    }),
  },
  {
    name: 'a zero page that a write-protected registration answers with',
    fails: (s) =>
      s.config.data.uffd?.wp === true &&
      s.config.data.uffd.missingAnswers.includes('zeropage') &&
      accesses(s).some((a) => a.region === 'data'),
    simplest: scenario([access()], { data: data({ uffd: uffd({ wp: true, missingAnswers: ['zeropage'] }) }) }),
  },
  {
    name: 'two pages that are different',
    fails: ({ steps }) =>
      follows(
        steps,
        (a, b) =>
          a.kind === 'access' &&
          b.kind === 'access' &&
          a.op === 'store' &&
          b.op === 'store' &&
          a.region === b.region &&
          a.page < b.page,
      ),
    simplest: scenario([access({ op: 'store' }), access({ op: 'store', page: 1 })], { data: data({ pages: 2 }) }),
  },
];

describe('shrinking ends in the simplest scenario with', () => {
  test.each(failures)('$name', async ({ fails, simplest }) => {
    expect(parseStage2(simplest)).toEqual(simplest);
    for (const seed of [1, 2, 3]) {
      const property = fc.property(arbitrary, (candidate) => !fails(candidate));
      const { counterexample } = fc.check(property, { seed, numRuns: 50_000 });
      const found = counterexample?.[0];
      if (found === undefined) throw new Error('the generator does not make such scenarios');
      const { scenario: reduced, minimal } = await reduce(found, simplifyStage2, fails);
      expect(minimal).toBe(true);
      expect(reduced).toEqual(simplest);
    }
  });
});

describe('every move', () => {
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

  test('does not take races apart into more steps than a scenario may have', () => {
    const race: Step = { kind: 'race', a: access({ op: 'store' }), b: access({ vcpu: 1 }) };
    const races = Array.from({ length: MAX_STEPS }, () => race);
    for (const candidate of simplifyStage2(scenario(races, { vcpus: 2 })))
      expect(candidate.steps.length).toBeLessThanOrEqual(MAX_STEPS);
  });

  test('leaves the scenario that it starts from alone', () => {
    fc.assert(
      fc.property(fc.noShrink(arbitrary), (start) => {
        const before = JSON.stringify(start);
        for (const candidate of simplifyStage2(start)) expect(candidate).not.toBe(start);
        expect(JSON.stringify(start)).toBe(before);
      }),
      { numRuns: 200 },
    );
  });

  test('can drop each step', () => {
    fc.assert(
      fc.property(fc.noShrink(arbitrary), (start) => {
        const moves = new Set(Array.from(simplifyStage2(start), ({ steps }) => JSON.stringify(steps)));
        for (const i of start.steps.keys()) expect(moves).toContain(JSON.stringify(start.steps.toSpliced(i, 1)));
      }),
      { numRuns: 200 },
    );
  });

  test('leads from the simplest scenario nowhere', () => {
    expect([...simplifyStage2(scenario([], { data: data() }))]).toEqual([]);
  });
});

test('complexity is a natural number, and counts steps first', () => {
  fc.assert(
    fc.property(fc.noShrink(arbitrary), (some) => {
      expect(Number.isSafeInteger(complexity(some))).toBe(true);
      expect(complexity(some)).toBeGreaterThanOrEqual(0);
      expect(complexity({ ...some, steps: some.steps.slice(1) })).toBeLessThan(complexity(some));
    }),
  );
  expect(complexity(scenario([], { data: data() }))).toBe(0);
});
