import { describe, expect, test } from 'vitest';
import { BACKOFF, Patience, waitAfter } from '../../src/campaign/backoff.js';

test('a wait doubles from the third failure on, up to a minute', () => {
  const waits = Array.from({ length: 11 }, (_, failures) => waitAfter(failures, BACKOFF) / 1000);
  expect(waits).toEqual([0, 0, 0, 1, 2, 4, 8, 16, 32, 60, 60]);
});

describe('patience', () => {
  const fail = (patience: Patience, slot: object, times: number): void => {
    for (let i = 0; i < times; i++) patience.failed(slot);
  };

  test('ends after three failures of each slot when nothing has ever worked', () => {
    const patience = new Patience();
    const [one, two] = [{}, {}];
    patience.join(one);
    patience.join(two);
    fail(patience, one, 5);
    fail(patience, two, 2);
    expect(patience.over).toBe(false);
    expect(patience.failed(two)).toBe(3);
    expect(patience.over).toBe(true);
  });

  test('is longer once something has worked, and does not end as long as one slot works', () => {
    const patience = new Patience();
    const [one, two] = [{}, {}];
    patience.join(one);
    patience.join(two);
    patience.succeeded(two);
    fail(patience, one, 100);
    fail(patience, two, 9);
    expect(patience.over).toBe(false);
    patience.failed(two);
    expect(patience.over).toBe(true);
    patience.succeeded(two);
    expect(patience.over).toBe(false);
  });

  test('asks nothing of slots that have ended', () => {
    const patience = new Patience();
    const [one, two] = [{}, {}];
    patience.join(one);
    patience.join(two);
    fail(patience, one, 3);
    expect(patience.over).toBe(false);
    patience.leave(two);
    expect(patience.over).toBe(true);
    patience.leave(one);
    expect(patience.over).toBe(false);
  });
});
