import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { stage2Arbitrary } from '../../src/arbitraries/stage2.js';
import { parseStage2 } from '../../src/scenario/parse.js';
import type { Stage2Profile } from '../../src/scenario/profile.js';
import type { Stage2Scenario } from '../../src/scenario/stage2.js';
import { BACKINGS, DIRTY_TRACKINGS, MISSING_ANSWERS } from '../../src/scenario/stage2/config.js';
import { RACE_OPS } from '../../src/scenario/stage2/constraints.js';
import { MAX_STEPS, PAGE_SIZE } from '../../src/scenario/stage2/layout.js';
import { opInfo, X86_OP_NAMES } from '../../src/scenario/stage2/ops.js';
import { X86_PTE_FLAGS, X86_PTE_LEVELS } from '../../src/scenario/stage2/steps.js';
import { features, profile, withoutOp } from './profiles.js';
import { accessesOf, SHARED_VARIANTS, variant } from './variants.js';

const sample = (machine: Stage2Profile, numRuns = 10_000): Stage2Scenario[] =>
  fc.sample(stage2Arbitrary(machine), { numRuns, seed: 20 });
const all = sample(profile(), 20_000);
const allSteps = all.flatMap(({ steps }) => steps);
const allAccesses = accessesOf(allSteps);
const natural = profile({ paging: 'tdp', kernelRunsNatively: true, readOnlyTables: 'undefined' });
const poor = profile({ features: features(false), ringSoftLimit: 0 });

describe('generated scenarios', () => {
  test.each([
    ['with everything', profile()],
    ['with two-dimensional paging', natural],
    ['with nothing', poor],
  ])('are valid and survive JSON on a machine %s', (_name, machine) => {
    for (const scenario of sample(machine)) {
      expect(parseStage2(JSON.parse(JSON.stringify(scenario)))).toEqual(scenario);
    }
  });

  test('are the same for the same seed', () => {
    expect(sample(profile(), 200)).toEqual(sample(profile(), 200));
  });

  test('are short on average, and as long as they may be sometimes', () => {
    const lengths = all.map(({ steps }) => steps.length);
    const mean = lengths.reduce((sum, length) => sum + length, 0) / lengths.length;
    expect(mean).toBeGreaterThan(4);
    expect(mean).toBeLessThan(6);
    expect(Math.min(...lengths)).toBe(1);
    expect(Math.max(...lengths)).toBeGreaterThan(MAX_STEPS - 3);
  });
});

type Chooser = (scenario: Stage2Scenario) => readonly unknown[];
const config: [name: string, choose: Chooser, values: readonly unknown[]][] = [
  ['privilege', ({ config: c }) => [c.privilege], ['kernel', 'user']],
  ['vcpus', ({ config: c }) => [c.vcpus], [1, 2]],
  ['dirtyTracking', ({ config: c }) => [c.dirtyTracking], DIRTY_TRACKINGS],
  [
    'initial bits',
    ({ config: c }) => [Object.values(c.initial).map(Number).join('')],
    ['1111', '0000', '1110', '0111'],
  ],
  ['pt.backing', ({ config: c }) => [c.pt.backing], ['anon', 'anon_thp', 'shmem', 'memfd']],
  ['pt.flags', ({ config: c }) => [Object.values(c.pt.flags).join()], ['false,false', 'true,false', 'false,true']],
  ['pt.uffd', ({ config: c }) => [c.pt.uffd?.missing, c.pt.uffd?.wp, c.pt.uffd?.minor], [undefined, true, false]],
  ['data.backing', ({ config: c }) => [c.data.backing], BACKINGS],
  ['data.flags', ({ config: c }) => [Object.values(c.data.flags).join()], ['true,true', 'false,true', 'true,false']],
  ['data.pages', ({ config: c }) => [c.data.pages], [1, 2, 3, 4, 5, 6, 7, 8]],
  ['data.offsetPages', ({ config: c }) => [c.data.offsetPages], [0, 1, 63, 509, 510, 511]],
  ['data2', ({ config: c }) => [c.data2?.backing], [undefined, ...BACKINGS]],
  ['none.pages', ({ config: c }) => [c.none.pages], [1, 2, 3, 4]],
  ['none.reads', ({ config: c }) => [c.none.reads.length], [1, 2, 3, 4]],
  ['missingAnswers', ({ config: c }) => c.data.uffd?.missingAnswers ?? [], MISSING_ANSWERS],
  ['number of answers', ({ config: c }) => [c.data.uffd?.missingAnswers.length], [1, 2, 3, 4]],
  ['minorAnswer', ({ config: c }) => [c.data.uffd?.minorAnswer], ['continue', 'none']],
  ['wpAnswer', ({ config: c }) => [c.data.uffd?.wpAnswer], ['unprotect', 'none']],
  ['delayUs', ({ config: c }) => [(c.data.uffd?.delayUs ?? 0) > 0], [true, false]],
];

describe('the configurations', () => {
  test.each(config)('have every %s', (_name, choose, values) => {
    expect(new Set(all.flatMap(choose))).toSatisfy((seen: Set<unknown>) => values.every((value) => seen.has(value)));
  });

  test('have regions of many pages, rarely', () => {
    const many = all.filter(({ config: c }) => c.data.pages > 64).length / all.length;
    expect(many).toBeGreaterThan(0.004);
    expect(many).toBeLessThan(0.02);
  });
});

const variants: string[] = [
  ...X86_OP_NAMES.flatMap((op) => opInfo(op).widths.map((width) => `access ${op} ${width}`)),
  ...RACE_OPS.x86_64.map((op) => `race ${op}`),
  ...X86_PTE_LEVELS.flatMap((level) =>
    X86_PTE_FLAGS.filter((flag) => level === 'pte' || flag !== 'dirty').flatMap((flag) =>
      [0, 1].map((set) => `pte ${level} ${flag} ${set}`),
    ),
  ),
  ...SHARED_VARIANTS,
];

describe('the steps', () => {
  const seen = new Set(allSteps.flatMap(variant));

  test.each(variants)('have %s', (name) => {
    expect(seen).toContain(name);
  });

  test('are two accesses that straddle pages in each ten, more or less', () => {
    const straddles = allAccesses.filter(({ offset, width, count }) => offset + width * count > PAGE_SIZE).length;
    expect(straddles / allAccesses.length).toBeGreaterThan(0.06);
    expect(straddles / allAccesses.length).toBeLessThan(0.2);
  });

  test('have peers in every region', () => {
    const peers = new Set(allAccesses.map(({ peer }) => peer.region));
    expect(peers).toEqual(new Set(['scratch', 'data', 'data2', 'none']));
  });

  test('have sweeps, repetitions and both vCPUs', () => {
    expect(allAccesses.some(({ sweep }) => sweep > 4)).toBe(true);
    expect(allAccesses.some(({ count }) => count === 64)).toBe(true);
    expect(allAccesses.some(({ vcpu }) => vcpu === 1)).toBe(true);
  });

  test('meet: a hole is followed by an access to the same page in many scenarios', () => {
    const meet = all.filter(({ steps }) =>
      steps.some((step, i) => {
        const next = steps[i + 1];
        return (
          step.kind === 'hole' && next?.kind === 'access' && next.region === step.region && next.page === step.page
        );
      }),
    );
    expect(meet.length / all.length).toBeGreaterThan(0.2);
  });

  test('fill a dirty ring now and then', () => {
    const floods = all.filter(({ steps }) => {
      const writes = accessesOf(steps).map(({ op, count, sweep }) => (op === 'rep_stos' ? count * sweep : 0));
      return writes.reduce((sum, n) => sum + n, 0) >= 960;
    });
    expect(floods.length).toBeGreaterThan(0);
    expect(floods.length / all.length).toBeLessThan(0.01);
  });
});

describe('a machine that lacks something', () => {
  const asks = (machine: Stage2Profile, wants: (scenario: Stage2Scenario) => boolean): number =>
    sample(machine).filter(wants).length / 10_000;
  const uses: [name: string, wants: (scenario: Stage2Scenario) => boolean, machine: Stage2Profile][] = [
    ['dirty rings', ({ config: c }) => c.dirtyTracking === 'ring', poor],
    ['manual protection', ({ config: c }) => c.dirtyTracking.startsWith('bitmap_manual'), poor],
    ['read-only slots', ({ config: c }) => c.data.flags.readonly, poor],
    ['userfaultfd', ({ config: c }) => c.data.uffd !== null, poor],
    ['huge pages', ({ config: c }) => /thp|hugetlb/.test(c.data.backing), poor],
    ['an operation', ({ steps }) => accessesOf(steps).some(({ op }) => op === 'movnti'), withoutOp('movnti')],
  ];

  test.each(uses)('is asked for %s almost never', (_name, wants, machine) => {
    expect(asks(machine, wants)).toBeLessThan(0.003);
    expect(asks(profile(), wants)).toBeGreaterThan(0.005);
  });

  test('is asked for it once in a while, so that skips happen', () => {
    const wants = ({ config: c }: Stage2Scenario): boolean => c.data.uffd !== null || c.pt.uffd !== null;
    expect(asks(poor, wants)).toBeGreaterThan(0);
  });
});

describe('shrinking', () => {
  test('works on a scenario that no seed made', () => {
    const arbitrary = stage2Arbitrary(profile());
    const [scenario] = sample(profile(), 1);
    expect(arbitrary.canShrinkWithoutContext(scenario)).toBe(true);
    expect(arbitrary.canShrinkWithoutContext({ schema: 2 })).toBe(false);
  });

  test('replays by seed and path', () => {
    const fails = (scenario: Stage2Scenario): boolean => scenario.steps.every((step) => step.kind !== 'pte');
    const property = fc.property(stage2Arbitrary(profile()), fails);
    const { counterexample, seed, counterexamplePath } = fc.check(property, { seed: 5 });
    const again = fc.check(property, { seed, path: counterexamplePath ?? '', endOnFailure: true });
    expect(again.counterexample).toEqual(counterexample);
    expect(counterexample).not.toBeNull();
  });
});
