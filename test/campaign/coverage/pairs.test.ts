import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Fields } from '../../../src/arbitraries/fields.js';
import { stage2Arbitrary } from '../../../src/arbitraries/stage2.js';
import { stage2Fields } from '../../../src/arbitraries/stage2/fields.js';
import {
  PairCounter,
  PairTotals,
  pairsSeen,
  possiblePairs,
  type PairCoverage,
} from '../../../src/campaign/coverage/pairs.js';
import { skipReason } from '../../../src/model/stage2/skips.js';
import { BACKING_INFO } from '../../../src/scenario/stage2/backing.js';
import { BACKINGS } from '../../../src/scenario/stage2/config.js';
import { isValidStage2 } from '../../../src/scenario/stage2/constraints.js';
import type { Stage2Profile } from '../../../src/scenario/profile.js';
import { armProfile, features, profile } from '../../arbitraries/profiles.js';

/** Three bits each, which a number shows as they are; the last field shows as many values as its bits say. */
const bits: Fields<number> = {
  fields: [
    { name: 'low', values: ['0', '1', '2'] },
    { name: 'middle', values: ['0', '1'] },
    { name: 'set', values: ['a', 'b', 'c'] },
  ],
  read: (n, masks) => {
    masks[0] = 1 << (n % 3);
    masks[1] = n % 7 === 0 ? 0 : 1 << (n % 2);
    masks[2] = (n >> 2) & 7;
  },
  witness: (pins) => (pins.some(([, value]) => value === 'c') ? undefined : 0),
};

function cell(coverage: PairCoverage, a: [string, string], b: [string, string]): number {
  const i = coverage.fields.findIndex(({ name }) => name === a[0]);
  const j = coverage.fields.findIndex(({ name }) => name === b[0]);
  const row = coverage.fields[i]?.values.indexOf(a[1]) ?? -1;
  const columns = coverage.fields[j]?.values ?? [];
  return coverage.counts[`${i},${j}`]?.[row * columns.length + columns.indexOf(b[1])] ?? NaN;
}

describe('pair counts', () => {
  const numbers = Array.from({ length: 500 }, (_, i) => (i * 37) % 101);

  test('are those of counting one pair at a time', () => {
    const counter = new PairCounter(bits);
    const totals = new PairTotals(possiblePairs(bits));
    for (const [i, n] of numbers.entries()) {
      counter.add(n);
      if (i % 100 === 99) totals.add(counter.take());
    }
    const coverage = totals.toCoverage();
    const masks = new Int32Array(3);
    const shows = (n: number, field: number, value: number): boolean => {
      bits.read(n, masks);
      return ((masks[field] ?? 0) & (1 << value)) !== 0;
    };
    for (let i = 0; i < 3; i++) {
      for (let j = i + 1; j < 3; j++) {
        const [rows, columns] = [bits.fields[i]?.values ?? [], bits.fields[j]?.values ?? []];
        const expected = rows.flatMap((_, a) =>
          columns.map((__, b) => numbers.filter((n) => shows(n, i, a) && shows(n, j, b)).length),
        );
        expect(coverage.counts[`${i},${j}`]).toEqual(expected);
      }
    }
  });

  test('tell what cannot be from what was not seen', () => {
    const totals = new PairTotals(possiblePairs(bits));
    expect(cell(totals.toCoverage(), ['low', '0'], ['set', 'c'])).toBe(-1);
    expect(cell(totals.toCoverage(), ['low', '0'], ['set', 'a'])).toBe(0);
    expect(pairsSeen(totals.toCoverage())).toEqual({ seen: 0, possible: 6 + 6 + 4 });
  });

  test('go on from a record, unless it is of other fields', () => {
    const counter = new PairCounter(bits);
    for (const n of numbers) counter.add(n);
    const possible = possiblePairs(bits);
    const before = new PairTotals(possible);
    before.add(counter.take());
    const after = new PairTotals(possible);
    after.restore(before.toCoverage());
    expect(after.toCoverage()).toEqual(before.toCoverage());
    const other = new PairTotals({ ...possible, fields: possible.fields.map((field) => ({ ...field, name: 'x' })) });
    other.restore(before.toCoverage());
    expect(pairsSeen(other.toCoverage()).seen).toBe(0);
  });
});

const machines: [string, Stage2Profile][] = [
  ['x86_64 with everything', profile()],
  ['x86_64 with nothing', profile({ features: features(false), ringSoftLimit: 0, readOnlyTables: 'undefined' })],
  ['aarch64 with everything', armProfile()],
];

describe.each(machines)('pairs of %s', (_name, machine) => {
  const fields = stage2Fields(machine);
  const possible = possiblePairs(fields);

  test('that are possible are shown by a valid scenario which runs there', () => {
    const masks = new Int32Array(fields.fields.length);
    for (const [i, a] of fields.fields.entries()) {
      for (const [j, b] of fields.fields.entries()) {
        if (j <= i) continue;
        const [av, bv] = [a.values.length - 1, b.values.length - 1];
        const scenario = fields.witness([[a.name, a.values[av] ?? ''] as const, [b.name, b.values[bv] ?? ''] as const]);
        if (scenario === undefined) continue;
        expect(isValidStage2(scenario)).toBe(true);
        expect(skipReason(scenario, machine)).toBeUndefined();
        fields.read(scenario, masks);
        expect([(masks[i] ?? 0) & (1 << av), (masks[j] ?? 0) & (1 << bv)]).toEqual([1 << av, 1 << bv]);
      }
    }
  });

  test('that scenarios show are possible', () => {
    const counter = new PairCounter(fields);
    for (const scenario of fc.sample(stage2Arbitrary(machine), { numRuns: 20_000, seed: 7 })) {
      if (skipReason(scenario, machine) === undefined) counter.add(scenario);
    }
    const counts = counter.take();
    const wrong = [...counts].flatMap((count, place) => (count > 0 && possible.possible[place] === 0 ? [place] : []));
    expect(wrong).toEqual([]);
    expect(counts.reduce((sum, count) => sum + Number(count > 0), 0)).toBeGreaterThan(0.8 * sum(possible.possible));
  });
});

test('a kind of memory has the modes of userfaultfd that the constraints and the machine allow', () => {
  const machine = profile({ features: { ...features(true), uffdMinorHugetlb: false } });
  const coverage = new PairTotals(possiblePairs(stage2Fields(machine))).toCoverage();
  for (const backing of BACKINGS) {
    const { shared, hugetlb } = BACKING_INFO[backing];
    const minor = cell(coverage, ['data memory', backing], ['data uffd', 'minor']);
    expect([backing, minor]).toEqual([backing, shared && !hugetlb ? 0 : -1]);
    expect(cell(coverage, ['data memory', backing], ['data uffd', 'missing+wp'])).toBe(0);
  }
});

test('nothing is possible of what a machine lacks', () => {
  const machine = profile({ features: { ...features(true), dirtyRing: false, hugePages: false } });
  const coverage = new PairTotals(possiblePairs(stage2Fields(machine))).toCoverage();
  expect(cell(coverage, ['privilege', 'user'], ['dirty tracking', 'ring'])).toBe(-1);
  expect(cell(coverage, ['privilege', 'user'], ['data memory', 'hugetlb'])).toBe(-1);
  expect(cell(coverage, ['privilege', 'user'], ['data2 memory', 'anon'])).toBe(0);
});

function sum(values: Uint8Array): number {
  return values.reduce((total, value) => total + value, 0);
}
