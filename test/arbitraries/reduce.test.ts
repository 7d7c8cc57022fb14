import { describe, expect, test } from 'vitest';
import { reduce } from '../../src/arbitraries/reduce.js';

/** Numbers are simpler the smaller they are. */
const halves = (n: number): number[] => [Math.floor(n / 2), n - 1].filter((m) => m >= 0 && m < n);

const thirds = (n: number): number[] =>
  [2, 3, 5, 7, 11, 13, 17, 19]
    .map((divisor) => Math.floor(n / divisor))
    .concat(n - 1, n - 2)
    .filter((m) => m >= 0 && m < n);

describe('reduce', () => {
  test('ends where no move keeps the failure', async () => {
    const { scenario, minimal } = await reduce(1000, halves, (n) => n >= 37);
    expect(scenario).toBe(37);
    expect(minimal).toBe(true);
  });

  test('waits for answers that take time', async () => {
    const { scenario } = await reduce(100, halves, async (n) => Promise.resolve(n % 7 === 2));
    expect(scenario % 7).toBe(2);
  });

  test('keeps a scenario that fails only as it is', async () => {
    expect(await reduce(10, halves, () => false)).toEqual({ scenario: 10, tries: 2, minimal: true });
  });

  test('asks about each scenario once', async () => {
    const asked: number[] = [];
    await reduce(64, halves, (n) => {
      asked.push(n);
      return n >= 20;
    });
    expect(new Set(asked).size).toBe(asked.length);
  });

  test('stops at the limit of tries and says so', async () => {
    const { scenario, tries, minimal } = await reduce(1000, halves, (n) => n >= 37, { maxTries: 3 });
    expect(tries).toBe(3);
    expect(minimal).toBe(false);
    expect(scenario).toBe(125);
  });

  test('says that it is done when the last of its tries was the last question', async () => {
    expect(await reduce(10, halves, () => false, { maxTries: 2 })).toEqual({ scenario: 10, tries: 2, minimal: true });
  });

  test.each([2, 3, 8])('with %i questions open at once comes to the same result', async (width) => {
    const taken: number[] = [];
    const alone: number[] = [];
    const keep = (list: number[]) => ({ taken: (n: number) => list.push(n) });
    let open = 0;
    let most = 0;
    // Later questions are answered first.
    const answer = async (n: number): Promise<boolean> => {
      most = Math.max(most, ++open);
      for (let turns = 0; turns <= n % 5; turns++) await Promise.resolve();
      open--;
      return n % 11 > 3;
    };
    const expected = await reduce(997, thirds, answer, keep(alone));
    expect(most).toBe(1);
    const { scenario, minimal } = await reduce(997, thirds, answer, { width, ...keep(taken) });
    expect({ scenario, minimal }).toEqual({ scenario: expected.scenario, minimal: true });
    expect(taken).toEqual(alone);
    expect(most).toBeGreaterThan(1);
    expect(most).toBeLessThanOrEqual(width);
  });

  test('lets an error of the question through', async () => {
    const question = (): boolean => {
      throw new Error('the machine is gone');
    };
    await expect(reduce(5, halves, question)).rejects.toThrow('the machine is gone');
  });
});
