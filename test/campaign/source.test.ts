import { expect, test } from 'vitest';
import { stage2Family } from '../../src/campaign/families/stage2.js';
import type { Family } from '../../src/campaign/family.js';
import { BATCH_SIZE } from '../../src/campaign/seeds.js';
import { Sources } from '../../src/campaign/source.js';
import { profile } from '../arbitraries/profiles.js';

const family = stage2Family as unknown as Family<unknown, unknown>;
const sources = (): Sources => new Sources(family, profile());

const FOCI: [string, unknown][] = [
  ['none', undefined],
  [
    'rare pairs and rules',
    {
      kind: 'rare',
      pairs: [
        [
          ['vCPUs', '2'],
          ['step', 'host fork'],
        ],
      ],
      like: [{ seed: 5, index: 17 }],
    },
  ],
  ['a sweep', { kind: 'sweep', steps: 1 }],
];

test.each(FOCI)('seed, range and focus say which scenarios a batch has: %s', (_name, focus) => {
  const batch = { seed: 99, batch: 3, from: 10, to: 50 };
  const take = (from: number, to: number): unknown[] => {
    const scenarios: unknown[] = [];
    sources()
      .of(focus)
      .each({ ...batch, from, to }, (scenario) => scenarios.push(scenario) > 0);
    return scenarios;
  };
  const whole = take(10, 50);
  expect(whole).toHaveLength(40);
  expect([...take(10, 23), ...take(23, 50)]).toEqual(whole);
  expect(sources().of(focus).at(batch, 42)).toEqual(whole[32]);
});

test('a sweep goes on from batch to batch', () => {
  const sweep = stage2Family.sweep?.(profile(), 1);
  const source = sources().of({ kind: 'sweep', steps: 1 });
  expect(source.at({ seed: 1, batch: 2 }, 5)).toEqual(sweep?.at(2 * BATCH_SIZE + 5));
  expect(source.arbitrary).toBeUndefined();
});

test('only scenarios of the ordinary distribution are examples for others', () => {
  expect(FOCI.map(([, focus]) => sources().of(focus).ordinary)).toEqual([true, false, false]);
});

test('a sweep that a family has not is refused', () => {
  const lacking = new Sources({ ...family, sweep: undefined } as unknown as Family<unknown, unknown>, profile());
  expect(() => lacking.of({ kind: 'sweep', steps: 1 })).toThrow('scenarios of stage2 cannot be enumerated');
});

test('an end in the middle ends the batch', () => {
  const seen: unknown[] = [];
  sources()
    .of({ kind: 'sweep', steps: 2 })
    .each({ seed: 0, batch: 0, from: 0, to: 100 }, (scenario) => seen.push(scenario) < 7);
  expect(seen).toHaveLength(7);
});
