import { expect, test } from 'vitest';
import { Examples } from '../../../src/campaign/coverage/examples.js';
import { parseFocus, type Rare } from '../../../src/campaign/coverage/focus.js';
import { PairTotals } from '../../../src/campaign/coverage/pairs.js';
import { type Counted, Planner } from '../../../src/campaign/coverage/planner.js';

const fields = [
  { name: 'a', values: ['1', '2'] },
  { name: 'b', values: ['1', '2', '3'] },
];

/** Pairs (1,1), (1,2), … (2,3); the last one is impossible. */
function counted(
  counts: readonly number[],
  decided: Readonly<Record<string, number>> = {},
  examples = new Examples(),
): Counted {
  const pairs = new PairTotals({ fields, possible: Uint8Array.of(1, 1, 1, 1, 1, 0) });
  pairs.add(counts);
  return { pairs, decided: (rule) => decided[rule] ?? 0, examples };
}

const PLENTY = 1e6;
const enough = counted([PLENTY, PLENTY, PLENTY, PLENTY, PLENTY, 0], { common: PLENTY, rare: PLENTY });

function nextFocus(planner: Planner, what: Counted): Rare | undefined {
  for (let i = 0; i < 3; i++) {
    const focus = planner.next(what);
    if (focus !== undefined) return focus;
  }
  return undefined;
}

test('what is rare and possible is preferred in a third of the batches', () => {
  const planner = new Planner([]);
  const what = counted([PLENTY, 3, PLENTY, PLENTY, PLENTY, 0]);
  const foci = Array.from({ length: 9 }, () => planner.next(what)).filter((focus) => focus !== undefined);
  expect(foci).toHaveLength(3);
  expect(foci[0]?.pairs).toEqual([
    [
      ['a', '1'],
      ['b', '2'],
    ],
  ]);
  expect(parseFocus(JSON.parse(JSON.stringify(foci[0])))).toEqual(foci[0]);
});

test('nothing is preferred when there is enough of everything', () => {
  expect(nextFocus(new Planner(['common', 'rare']), enough)).toBeUndefined();
});

test('scenarios like those in which a rare rule decided are preferred, others each time', () => {
  const planner = new Planner(['common', 'rare', 'never']);
  const examples = new Examples();
  const rare = Array.from({ length: 6 }, (_, index) => ({ seed: 1, index }));
  examples.add({ common: [{ seed: 9, index: 9 }], rare });
  const what = counted([PLENTY, PLENTY, PLENTY, PLENTY, PLENTY, 0], { common: PLENTY, rare: 5 }, examples);
  const first = nextFocus(planner, what)?.like ?? [];
  const second = nextFocus(planner, what)?.like ?? [];
  for (const { seed, index } of [...first, ...second]) expect([seed, index < 6]).toEqual([1, true]);
  expect(first).not.toEqual(second);
});

test('a pair that does not come is not asked for at the cost of all others', () => {
  const wide = { fields: [fields[0], { name: 'w', values: Array.from({ length: 30 }, (_, i) => `${i}`) }] };
  const space = wide.fields.filter((field) => field !== undefined);
  const pairs = new PairTotals({ fields: space, possible: new Uint8Array(60).fill(1) });
  const planner = new Planner([]);
  const asked = new Set<string>();
  for (let i = 0; i < 15; i++) {
    for (const pair of planner.next({ pairs, decided: () => PLENTY, examples: new Examples() })?.pairs ?? [])
      asked.add(JSON.stringify(pair));
  }
  expect(asked.size).toBe(60);
});

test.each([
  ['another kind', { kind: 'other' }],
  ['an example without a seed', { kind: 'rare', pairs: [], like: [{ index: 1 }] }],
  ['a pair of one', { kind: 'rare', pairs: [[['a', '1']]], like: [] }],
  ['too many steps', { kind: 'sweep', steps: 3 }],
  ['nothing', null],
])('%s is no focus', (_name, json) => {
  expect(() => parseFocus(json)).toThrow(RangeError);
});
