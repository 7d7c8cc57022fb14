import fc from 'fast-check';
import { expect, test } from 'vitest';
import { batchesOf, placeAt } from '../../src/campaign/batches.js';
import { BATCH_SIZE, batchSeed, outsideId, placeId, placeOf } from '../../src/campaign/seeds.js';
import { parsePlant } from '../../src/campaign/plant.js';
import { OTHERS, Tally } from '../../src/campaign/tally.js';

test('an id names its place', () => {
  fc.assert(
    fc.property(fc.nat(2 ** 31 - 1), fc.nat(BATCH_SIZE - 1), (batch, index) => {
      expect(placeOf(placeId(batch, index))).toEqual({ batch, index });
    }),
  );
  expect(placeOf(outsideId(7))).toBeUndefined();
});

test('batches of one campaign never share a seed, and neighbouring campaigns have none in common', () => {
  const numbers = Array.from({ length: 5000 }, (_, batch) => batch);
  const seeds = new Set([1, 2].flatMap((campaign) => numbers.map((batch) => batchSeed(campaign, batch))));
  expect(seeds.size).toBe(2 * numbers.length);
  expect(batchSeed(1, 0)).toBe(batchSeed(1, 0));
});

test('a shard is cut into batches, which have all of its scenarios in order', () => {
  const cut = [...batchesOf({ seed: 1, from: 10, to: 2 * BATCH_SIZE + 10 })];
  expect(cut.map(({ batch, from, to }) => [batch, from, to])).toEqual([
    [0, 10, BATCH_SIZE],
    [1, 0, BATCH_SIZE],
    [2, 0, 10],
  ]);
  expect(cut.map(({ seed }) => seed)).toEqual([0, 1, 2].map((batch) => batchSeed(1, batch)));
});

test('the place of a scenario is where the shard has it', () => {
  const { origin, shard } = placeAt(1, BATCH_SIZE + 3, { prefer: 'a' });
  expect(origin).toEqual({ seed: batchSeed(1, 1), batch: 1, index: 3, focus: { prefer: 'a' } });
  expect(shard).toEqual({ seed: 1, from: BATCH_SIZE + 3, to: BATCH_SIZE + 4, focus: { prefer: 'a' } });
  const [batch] = batchesOf(shard);
  expect(batch).toMatchObject({ batch: 1, seed: origin.seed, from: 3, to: 4 });
});

test('a plant is read or refused', () => {
  expect(parsePlant('none')).toEqual({ driver: 'none', model: undefined });
  expect(parsePlant('driver:crash')).toEqual({ driver: 'crash', model: undefined });
  expect(parsePlant('model:a.b')).toEqual({ driver: 'none', model: 'a.b' });
  expect(() => parsePlant('crash')).toThrow('plant crash is none of');
});

test('a tally is bounded and loses no count', () => {
  const tally = new Tally(2);
  for (const name of ['a', 'b', 'c', 'd', 'a']) tally.add(name);
  expect(tally.toRecord()).toEqual({ a: 2, b: 1, [OTHERS]: 2 });
  expect(tally.total).toBe(5);
});
