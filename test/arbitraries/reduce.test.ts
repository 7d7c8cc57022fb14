import { describe, expect, test } from 'vitest';
import { reduce } from '../../src/arbitraries/reduce.js';

/** Numbers are simpler the smaller they are. */
const halves = (n: number): number[] => [Math.floor(n / 2), n - 1].filter((m) => m >= 0 && m < n);

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
    const { scenario, tries, minimal } = await reduce(1000, halves, (n) => n >= 37, 3);
    expect(tries).toBe(3);
    expect(minimal).toBe(false);
    expect(scenario).toBe(125);
  });

  test('lets an error of the question through', async () => {
    const question = (): boolean => {
      throw new Error('the machine is gone');
    };
    await expect(reduce(5, halves, question)).rejects.toThrow('the machine is gone');
  });
});
