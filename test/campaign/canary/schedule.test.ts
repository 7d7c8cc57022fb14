import { describe, expect, test } from 'vitest';
import type { Canary } from '../../../src/campaign/canary/canary.js';
import { canaryResult } from '../../../src/campaign/canary/result.js';
import { CanarySchedule } from '../../../src/campaign/canary/schedule.js';

const plant = { plant: 'driver:x', scenarios: 3, rules: [], problem: undefined };
const caught = canaryResult('fake', 'local', [{ ...plant, caught: true }]);
const missed = canaryResult('fake', 'local', [{ ...plant, caught: false }]);

const MINUTE_MS = 60_000;

function scheduleOf(...rounds: readonly (typeof caught | undefined | Error)[]) {
  let round = 0;
  const broken: string[] = [];
  const canary = {
    round: () => {
      const result = rounds[Math.min(round++, rounds.length - 1)];
      return result instanceof Error ? Promise.reject(result) : Promise.resolve(result);
    },
  } as unknown as Canary;
  const hooks = { result: () => undefined, broken: (sentence: string) => broken.push(sentence) };
  return { schedule: new CanarySchedule([canary], hooks), broken, rounds: () => round };
}

const settle = () => new Promise((resolve) => setImmediate(resolve));

describe('rounds of the canary', () => {
  test('come at the start, every half hour, and at the end', async () => {
    const { schedule, broken, rounds } = scheduleOf(caught);
    for (let ms = 0; ms <= 90 * MINUTE_MS; ms += MINUTE_MS) {
      schedule.poll(ms);
      await settle();
    }
    expect(rounds()).toBe(4);
    await schedule.end(95 * MINUTE_MS, false);
    expect(rounds()).toBe(5);
    expect(broken).toEqual([]);
  });

  test('are not repeated at the end of a short campaign, nor of one that was interrupted', async () => {
    const short = scheduleOf(caught);
    short.schedule.poll(0);
    await short.schedule.end(10_000, false);
    expect(short.rounds()).toBe(1);
    const interrupted = scheduleOf(caught);
    interrupted.schedule.poll(0);
    await interrupted.schedule.end(20 * MINUTE_MS, true);
    expect(interrupted.rounds()).toBe(1);
  });

  test('end with the one that missed a fault', async () => {
    const { schedule, broken, rounds } = scheduleOf(caught, missed, caught);
    schedule.poll(0);
    await settle();
    schedule.poll(30 * MINUTE_MS);
    await settle();
    schedule.poll(60 * MINUTE_MS);
    await schedule.end(61 * MINUTE_MS, false);
    expect(rounds()).toBe(2);
    expect(broken).toEqual([
      'this run is broken: the deliberate fault driver:x was not noticed in 3 scenarios (fake on local), so that real faults may go unnoticed, too',
    ]);
  });

  test('that fail break the run', async () => {
    const { schedule, broken } = scheduleOf(new Error('out of order'));
    schedule.poll(0);
    await schedule.end(MINUTE_MS, false);
    expect(broken).toEqual(['the canary failed: out of order']);
  });

  test('that there are none of break nothing', async () => {
    const { schedule, broken } = scheduleOf(undefined);
    schedule.poll(0);
    await schedule.end(MINUTE_MS, false);
    expect(broken).toEqual([]);
  });
});
