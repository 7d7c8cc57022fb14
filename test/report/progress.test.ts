import { describe, expect, test } from 'vitest';
import type { Progress } from '../../src/campaign/types.js';
import { ProgressView } from '../../src/report/progress.js';
import { terminalOf } from '../../src/report/terminal.js';

const at = (elapsedMs: number): Progress => ({
  elapsedMs,
  scenarios: 48_211,
  perSecond: 4017,
  findings: 1,
  known: 0,
  skips: 0,
  rulesExercised: 31,
  rulesApplicable: 34,
  workers: 2,
});
const budget = { timeMs: 60_000, runs: undefined };
const line = (time: string): string =>
  `${time} of 1 min 00 s  48,211 scenarios  4,017/s  31 of 34 rules  1 finding  2 workers`;

function printed(live: boolean, columns: number, action: (view: ProgressView) => void): string[] {
  const texts: string[] = [];
  action(new ProgressView((text) => texts.push(text), { live, columns, color: false }, budget));
  return texts;
}

describe('progress', () => {
  test('is a plain line every ten seconds where a short campaign is piped', () => {
    const texts = printed(false, 80, (view) => {
      for (let ms = 500; ms <= 21_000; ms += 500) view.update(at(ms));
    });
    expect(texts).toEqual(['500 ms', '11 s', '21 s'].map((time) => `${line(time)}\n`));
  });

  test.each([
    ['as long as it is asked to run', { timeMs: 8 * 3_600_000, runs: undefined }, [0, 60, 120, 180]],
    ['without a time, once it is long', { timeMs: undefined, runs: 9 }, [0, 10, 20]],
  ])('is a plain line every minute: %s', (_, long, expected) => {
    const seconds: number[] = [];
    let now = 0;
    const terminal = { live: false, columns: 80, color: false };
    const view = new ProgressView(() => seconds.push(now), terminal, long);
    for (now = 0; now <= 200; now += 2) view.update(at(now * 1000));
    expect(seconds.slice(0, expected.length)).toEqual(expected);
    expect(seconds.filter((second) => second > 120).length).toBeLessThan(3);
  });

  test('is one line that is rewritten on a terminal, cut to its width', () => {
    const texts = printed(true, 40, (view) => {
      view.update(at(1000));
      view.update(at(2000));
      view.note('a note');
      view.done();
    });
    expect(texts).toEqual([
      `\r\u001b[2K${line('1 s').slice(0, 38)}…\u001b[J`,
      `\r\u001b[2K${line('2 s').slice(0, 38)}…\u001b[J`,
      '\r\u001b[J',
      'a note\n',
    ]);
  });
});

describe('the terminal', () => {
  test.each([
    ['a pipe', {}, {}, { live: false, color: false, columns: 120 }],
    ['a terminal', { isTTY: true, columns: 100 }, {}, { live: true, color: true, columns: 100 }],
    ['NO_COLOR', { isTTY: true, columns: 100 }, { NO_COLOR: '1' }, { live: true, color: false, columns: 100 }],
    ['an empty NO_COLOR', { isTTY: true, columns: 100 }, { NO_COLOR: '' }, { live: true, color: true, columns: 100 }],
    ['a dumb one', { isTTY: true, columns: 100 }, { TERM: 'dumb' }, { live: false, color: false, columns: 100 }],
    ['one of no size', { isTTY: true, columns: 0 }, {}, { live: true, color: true, columns: 120 }],
    ['a tiny one', { isTTY: true, columns: 3 }, {}, { live: true, color: true, columns: 40 }],
  ])('%s', (_, stream, environment, expected) => {
    expect(terminalOf(stream, environment)).toEqual(expected);
  });
});
