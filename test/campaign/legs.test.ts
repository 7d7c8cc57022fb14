import { afterAll, expect, test } from 'vitest';
import { Rota } from '../../src/campaign/rota.js';
import { readRun } from '../../src/campaign/run/read.js';
import { FROM_THE_START, Shards } from '../../src/campaign/shards.js';
import { BATCH_SIZE } from '../../src/campaign/seeds.js';
import { campaign, removeRunDirs } from './harness.js';

afterAll(removeRunDirs);

const TWO_TARGETS = [{ kind: 'local' }, { kind: 'ssh', host: 'elsewhere' }] as const;

test.each([1, 2, 3])('with %i workers every leg gets its share of the scenarios', async (workers) => {
  const { summary, runDir } = await campaign({
    options: { targets: TWO_TARGETS, runs: 1001, workers },
    tuning: { sliceMs: 50 },
  });
  expect(summary.legs.map(({ target, scenarios }) => [target, scenarios])).toEqual([
    ['local', 501],
    ['ssh:elsewhere', 500],
  ]);
  expect(summary.scenarios).toBe(1001);
  expect(readRun(runDir).legs.map(({ leg, done }) => [leg, done])).toEqual([
    [0, [{ from: 0, to: 501 }]],
    [1, [{ from: 0, to: 500 }]],
  ]);
});

test('a fault of two targets is a finding of each, shrunk once', async () => {
  const kept = new Set<string>();
  const { summary } = await campaign({
    faults: { wrong: [8] },
    options: { targets: TWO_TARGETS, runs: 1200, workers: 1 },
    listener: {
      save: ({ signature, minimized }) => {
        if (minimized !== 'as generated') kept.add(signature);
        return signature;
      },
      kept: ({ signature }) => (kept.has(signature) ? signature : undefined),
    },
    tuning: { sliceMs: 600_000 },
  });
  expect(summary.findings.map(({ target }) => target)).toEqual(['local', 'ssh:elsewhere']);
  expect(summary.findings.map(({ minimized }) => minimized)).toEqual([
    expect.stringMatching(/nothing more can go$/),
    'not minimized again: the corpus has it',
  ]);
  expect(summary.findings[1]?.reproduction).toMatchObject({ tries: 10, hits: 10 });
});

test('a campaign ends with the findings that it was to end with', async () => {
  const { summary } = await campaign({
    faults: { wrong: [7, 8, 9, 10, 11, 12] },
    options: { runs: undefined, timeMs: 600_000, findings: 2, workers: 1 },
  });
  expect(summary.findings.length).toBe(2);
  expect(summary.ended).toBe('budget');
});

test('a shard is executed again exactly', async () => {
  const shard = { seed: 1, from: 300, to: 500 };
  const [one, two] = await Promise.all([
    campaign({ options: { runs: undefined, shard, workers: 1 } }),
    campaign({ options: { runs: undefined, shard, workers: 2 } }),
  ]);
  const all = await campaign({ options: { runs: 500 } });
  expect(one.summary.scenarios).toBe(200);
  expect(two.leg.decided).toEqual(one.leg.decided);
  expect(readRun(one.runDir).legs[0]?.done).toEqual([{ from: 300, to: 500 }]);
  expect(all.leg.decided['double-odd'] ?? 0).toBeGreaterThan(one.leg.decided['double-odd'] ?? 0);
});

test('the scenario of a finding is that of its shard', async () => {
  const { summary } = await campaign({ faults: { wrong: [8] } });
  const [finding] = summary.findings;
  const again = await campaign({
    faults: { wrong: [8] },
    options: { runs: undefined, shard: finding?.shard, workers: 1 },
  });
  expect(again.summary.scenarios).toBe(1);
  expect(again.summary.findings[0]?.original).toEqual(finding?.original);
});

test('shards go on behind what was done, what black boxes name first, one scenario at a time', () => {
  const before = {
    done: [{ from: 0, to: 256 }],
    open: [
      { seed: 1, from: 256, to: 512, inFlight: false },
      { seed: 1, from: 600, to: 700, inFlight: true },
    ],
    suspects: [{ from: 640, to: 641 }],
  };
  const shards = new Shards(1, { from: 0, to: 1000 }, 1, before);
  const taken = Array.from({ length: 6 }, () => shards.take());
  expect(taken.map((work) => work && [work.from, work.to, work.careful])).toEqual([
    [640, 641, true],
    [600, 640, true],
    [641, 700, true],
    [256, 512, false],
    [512, 600, false],
    [700, 1000, false],
  ]);
  expect(shards.take()).toBeUndefined();
});

test('a shard grows with the speed of its workers, and what is left of one comes first', () => {
  const shards = new Shards(1, { from: 0, to: Infinity }, 2, FROM_THE_START);
  const first = shards.take();
  expect(first).toMatchObject({ from: 0, to: BATCH_SIZE });
  shards.pace(BATCH_SIZE, 10, 1000);
  expect(shards.take()).toMatchObject({ from: BATCH_SIZE, to: 5 * BATCH_SIZE });
  if (first !== undefined) shards.leave(first, 100);
  expect(shards.take()).toMatchObject({ from: 100, to: BATCH_SIZE });
});

test('slots are shared out evenly, and take turns where there are fewer than legs', () => {
  let now = 0;
  const legs = ['a', 'b', 'c'].map((name) => ({ name, exhausted: false }));
  const rota = new Rota(legs, () => now);
  const turn = () => {
    const next = rota.next();
    now += 10;
    next?.leave();
    return next?.turn.name;
  };
  expect([turn(), turn(), turn(), turn()]).toEqual(['a', 'b', 'c', 'a']);
  const held = [rota.next(), rota.next(), rota.next()].map((next) => next?.turn.name);
  expect(held.sort()).toEqual(['a', 'b', 'c']);
  legs.forEach((leg) => (leg.exhausted = true));
  expect(rota.next()).toBeUndefined();
});

test('a slot stays where no other leg needs it more', () => {
  let now = 0;
  const [a, b, c] = ['a', 'b', 'c'].map((name) => ({ name, exhausted: false }));
  if (a === undefined || b === undefined || c === undefined) throw new Error('there are three');
  const two = new Rota([a, b], () => now);
  const places = [two.next(), two.next()];
  now = 100;
  expect(places.map((place) => place?.mayStay())).toEqual([true, true]);
  b.exhausted = true;
  expect(places[0]?.mayStay()).toBe(true);
  const three = new Rota([a, c], () => now);
  const only = three.next();
  now = 200;
  expect(only?.mayStay()).toBe(false);
});
