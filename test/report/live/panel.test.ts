import { describe, expect, test } from 'vitest';
import type { SlotHealth } from '../../../src/campaign/slotHealth.js';
import type { Progress, ProgressDetail } from '../../../src/campaign/types.js';
import { bar, panel } from '../../../src/report/live/panel.js';
import { Rate } from '../../../src/report/live/rate.js';
import { Screen } from '../../../src/report/live/screen.js';

const fuzzing: SlotHealth = { state: 'fuzzing', pid: 4711, ms: 200, replaced: 0 };
const paused: SlotHealth = { state: 'backed off', pid: undefined, ms: 4000, replaced: 3 };
const detail: ProgressDetail = {
  investigating: 1,
  leastCovered: { rule: 'uffd.wp', count: 2 },
  slots: [fuzzing, paused],
  wedged: 0,
  rssBytes: 214 << 20,
};
const progress: Progress = {
  elapsedMs: 12_000,
  scenarios: 48_211,
  perSecond: 4017,
  findings: 1,
  known: 2,
  skips: 0,
  rulesExercised: 17,
  rulesApplicable: 34,
  workers: 1,
  detail,
};
const budget = { timeMs: 60_000, runs: undefined };
const plain = { columns: 100, color: false, live: true };
const at = (columns: number, rows: number, changes: Partial<ProgressDetail> = {}, color = false) =>
  panel({ ...progress, detail: { ...detail, ...changes } }, 3900, budget, { ...plain, color }, { columns, rows });

describe('the panel', () => {
  test('shows the whole campaign', () => {
    expect(at(100, 24)).toEqual([
      'time       12 s of 1 min 00 s   48 s left',
      'scenarios  48,211   3,900/s now   4,017/s mean',
      'findings   1 untriaged   2 known   1 in investigation',
      'rules      [##########----------] 17 of 34   least: uffd.wp (2)',
      'memory     214.0 MiB',
      'worker 1   fuzzing      pid 4711   seen now',
      'worker 2   backed off   next try in 4 s   3 restarts',
    ]);
  });

  test('names workers that are lost, and sums up those that have no room', () => {
    expect(at(100, 24, { wedged: 1 })?.at(-1)).toBe('lost       1 worker stuck in the kernel');
    expect(at(100, 7, { wedged: 1 })?.at(-1)).toBe('workers    1 fuzzing, 1 backed off, 1 lost in the kernel');
  });

  test('never is wider or higher than the terminal', () => {
    for (let columns = 60; columns < 100; columns += 7) {
      for (let rows = 7; rows < 12; rows++) {
        const lines = at(columns, rows, { slots: Array.from({ length: 9 }, () => fuzzing) }) ?? [];
        expect(lines.length).toBeLessThan(rows);
        expect(Math.max(...lines.map(({ length }) => length))).toBeLessThan(columns);
      }
    }
  });

  test('is left to one line where there is no room', () => {
    expect([at(59, 24), at(100, 6), at(100, 1)]).toEqual([undefined, undefined, undefined]);
  });

  test('has colours only where they are wanted', () => {
    expect(at(100, 24)?.join('')).not.toContain('\u001b');
    expect(at(100, 24, {}, true)?.join('')).toContain('\u001b[31m');
  });
});

test('a bar is full only when all is done', () => {
  expect([bar(0, 0), bar(99, 100), bar(100, 100)].map((text) => text.replace(/[^#]/g, '').length)).toEqual([0, 19, 20]);
});

test('the present rate forgets what is long ago', () => {
  const rate = new Rate();
  expect(rate.at(1000, 500)).toBe(500);
  for (let ms = 2000; ms <= 10_000; ms += 500) rate.at(ms, 500);
  expect(rate.at(10_500, 1000)).toBeCloseTo(100, 0);
});

describe('the screen', () => {
  test('goes back over what it drew, also after the terminal became narrower', () => {
    const texts: string[] = [];
    const screen = new Screen((text) => texts.push(text));
    screen.draw(['one', '\u001b[31mtwo of eleven\u001b[39m'], 80);
    screen.draw(['one'], 10);
    screen.clear(10);
    screen.clear(10);
    expect(texts).toEqual([
      '\r\u001b[2Kone\n\u001b[2K\u001b[31mtwo of eleven\u001b[39m\u001b[J',
      '\r\u001b[2A\u001b[2Kone\u001b[J',
      '\r\u001b[J',
    ]);
  });
});
