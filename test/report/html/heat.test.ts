import { expect, test } from 'vitest';
import { heatLegend, heatLevel, shortCount } from '../../../src/report/html/heat.js';

test('the scale goes by the logarithm: none, the least, the most', () => {
  expect([0, 1, 10, 100, 99_999, 100_000].map((count) => heatLevel(count, 100_000))).toEqual([0, 1, 2, 3, 5, 6]);
  expect(heatLevel(1, 1)).toBe(6);
});

test('never beyond the scale, whatever is counted', () => {
  for (let most = 1; most < 5000; most += 7)
    for (const count of [1, most / 2, most]) expect([1, 2, 3, 4, 5, 6]).toContain(heatLevel(Math.ceil(count), most));
});

test.each([
  [0, '0'],
  [999, '999'],
  [1000, '1k'],
  [12_345, '12.3k'],
  [99_960, '100k'],
  [999_600, '1M'],
  [4_500_000, '4.5M'],
  [2e15, '2000T'],
])('%i in few characters', (count, text) => {
  expect(shortCount(count)).toBe(text);
});

test('the legend names only colours that a count can have', () => {
  expect(heatLegend(3, []).source.match(/swatch/g)?.length).toBeLessThan(6);
  expect(heatLegend(1_000_000, []).source.match(/swatch heat/g)).toHaveLength(6);
});
