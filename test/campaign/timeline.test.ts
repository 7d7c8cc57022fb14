import { expect, test } from 'vitest';
import { boundedTimeline } from '../../src/campaign/timeline.js';

const lines = (count: number): string[] => Array.from({ length: count }, (_, i) => `event ${i}`);

test('a row of reasonable length is kept as it is', () => {
  const row = { step: 'store', expected: lines(3), observed: lines(100) };
  expect(boundedTimeline([row])).toEqual([row]);
});

test('of an endless row the beginning and the end are kept, with the number of lines between', () => {
  const [row] = boundedTimeline([{ step: 'load', expected: [], observed: lines(70_000) }]);
  expect(row?.observed).toHaveLength(101);
  expect(row?.observed.slice(49, 52)).toEqual(['event 49', '… 69,900 more lines …', 'event 69950']);
  expect(row?.observed.at(-1)).toBe('event 69999');
});
