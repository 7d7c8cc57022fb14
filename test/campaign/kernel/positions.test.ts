import { expect, test } from 'vitest';
import { Positions } from '../../../src/campaign/kernel/positions.js';
import { outsideId, placeId } from '../../../src/campaign/seeds.js';

const at = (...suspects: bigint[]) => [
  { pid: 7, inFlight: { running: true, id: suspects[0] ?? 0n, step: 0, suspects } },
];
const number = (n: number): bigint => placeId(Math.floor(n / 256), n % 256);

test('what was read between two looks came while the scenarios between them were executed', () => {
  const positions = new Positions();
  for (const [ms, n] of [
    [0, 100],
    [500, 300],
    [1000, 700],
    [1500, 900],
  ] as const)
    positions.sample(at(number(n)), ms);
  expect(positions.around(7, 600)).toEqual({ from: 100, to: 701 });
  expect(positions.around(7, 1100)).toEqual({ from: 300, to: 901 });
  expect(positions.around(7, 1600)).toEqual({ from: 300, to: 901 });
  expect(positions.around(8, 600)).toBe(undefined);
});

test('all that is in flight is suspected', () => {
  const positions = new Positions();
  positions.sample(at(number(10), number(11), number(12)), 0);
  expect(positions.around(7, 1)).toEqual({ from: 10, to: 13 });
});

test('executions outside the batches are nobody’s, and a worker that went to another shard has no stretch', () => {
  const positions = new Positions();
  positions.sample(at(outsideId(3)), 0);
  expect(positions.around(7, 1)).toBe(undefined);
  positions.sample(at(number(90_000)), 2);
  positions.sample(at(number(40)), 4);
  expect(positions.around(7, 3)).toEqual({ from: 40, to: 41 });
});

test('a worker that is gone is forgotten', () => {
  const positions = new Positions();
  positions.sample(at(number(10)), 0);
  positions.sample([], 1);
  expect(positions.around(7, 1)).toBe(undefined);
});
