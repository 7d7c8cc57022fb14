import { expect, test } from 'vitest';
import { chartsSection, niceStep, throughput } from '../../../src/report/html/charts.js';

const sample = (seconds: number, scenarios: number, rssBytes = 2 ** 28) => ({
  elapsedMs: 1000 * seconds,
  scenarios,
  rssBytes,
});

test('throughput is what was done between two samples', () => {
  const rates = throughput([sample(0, 0), sample(10, 1000), sample(20, 1000), sample(30, 4000)]);
  expect(rates.map(({ value }) => value)).toEqual([100, 0, 300]);
});

test('samples that go back, or repeat a time, give no absurd rate', () => {
  const rates = throughput([sample(0, 500), sample(0, 700), sample(10, 100)]);
  expect(rates.map(({ value }) => value)).toEqual([0]);
});

test('a night of samples is a line of few points with the same mean', () => {
  const night = Array.from({ length: 2000 }, (_, i) => sample(15 * i, 1500 * i));
  const rates = throughput(night);
  expect(rates.length).toBeLessThanOrEqual(240);
  for (const { value } of rates) expect(value).toBeCloseTo(100);
});

test('ticks are at 1, 2 or 5 times a power of ten', () => {
  expect([7, 90, 1900, 0.3].map((span) => niceStep(span, 4))).toEqual([2, 50, 500, 0.1]);
});

test('no number of the drawing is missing or infinite', () => {
  for (const samples of [[], [sample(0, 0)], [sample(0, 0), sample(1, 0)], [0, 1, 2].map((s) => sample(s, 0, 0))])
    expect(chartsSection(samples).source).not.toMatch(/NaN|Infinity|undefined/);
  expect(chartsSection([0, 10, 20].map((s) => sample(s, 100 * s))).source).toContain(
    'between 100 and 100, 100 on average, over 20 s',
  );
});
