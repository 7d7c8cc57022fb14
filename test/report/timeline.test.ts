import { describe, expect, test } from 'vitest';
import { formatTimeline } from '../../src/report/timeline.js';

const rows = [
  { step: 'store 8 bytes', expected: ['done'], observed: ['done', 'PTE 0x63'] },
  { step: 'get the dirty log', expected: ['page 0 must be dirty because it was written'], observed: [] },
];
const terminal = (columns: number) => ({ columns, color: false, live: false });

describe('a timeline', () => {
  test('puts expected and observed side by side', () => {
    expect(formatTimeline(rows, terminal(80))).toEqual([
      '  1  store 8 bytes',
      '     expected: done                       │ observed: done',
      '                                          │           PTE 0x63',
      '  2  get the dirty log',
      '     expected: page 0 must be dirty       │ observed: nothing',
      '               because it was written     │',
    ]);
  });

  test('puts them one above the other where it is narrow', () => {
    expect(formatTimeline(rows.slice(1), terminal(50))).toEqual([
      '  1  get the dirty log',
      '     expected: page 0 must be dirty because it was',
      '               written',
      '     observed: nothing',
    ]);
  });

  test.each([40, 71, 72, 73, 120, 300])('keeps to %i columns', (columns) => {
    const long = [{ step: 'a '.repeat(200), expected: ['b'.repeat(500)], observed: ['c '.repeat(300), 'd'] }];
    const lines = formatTimeline(long, terminal(columns));
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(columns);
  });

  test('marks the steps that broke', () => {
    const marked = formatTimeline(rows, terminal(80), new Set([1])).filter((line) => line.includes('✗'));
    expect(marked).toEqual(['  2✗ get the dirty log']);
  });
});
