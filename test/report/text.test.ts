import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bytes, duration, percent, table, wrap } from '../../src/report/text.js';
import { grouped, oneLine, plural, printable } from '../../src/util/text.js';

describe('wrapping', () => {
  const width = fc.integer({ min: 1, max: 40 });

  test('keeps every line within the width and loses nothing but blanks', () => {
    fc.assert(
      fc.property(fc.string(), width, (text, columns) => {
        const lines = wrap(text, columns);
        expect(lines.length).toBeGreaterThan(0);
        for (const line of lines) expect(line.length).toBeLessThanOrEqual(columns);
        expect(lines.join('').replaceAll(' ', '')).toBe(text.replaceAll(' ', ''));
      }),
    );
  });

  test('breaks at blanks', () => {
    expect(wrap('one two three', 8)).toEqual(['one two', 'three']);
  });
});

test.each([
  [0, '0 ms'],
  [999, '999 ms'],
  [59_400, '59 s'],
  [59_999, '1 min 00 s'],
  [185_000, '3 min 05 s'],
  [8 * 3_600_000, '8 h 00 min'],
])('%i ms is %s', (ms, text) => {
  expect(duration(ms)).toBe(text);
});

test.each([
  [0, '0 B'],
  [1023, '1023 B'],
  [1536, '1.5 KiB'],
  [2 ** 31, '2.0 GiB'],
  [2 ** 50, '1048576.0 GiB'],
])('%i bytes are %s', (size, text) => {
  expect(bytes(size)).toBe(text);
});

test('numbers are grouped, nouns agree, shares of nothing are nothing', () => {
  expect([grouped(1), grouped(999), grouped(1000), grouped(1_234_567)]).toEqual(['1', '999', '1,000', '1,234,567']);
  expect([plural(1, 'case'), plural(2000, 'case')]).toEqual(['1 case', '2,000 cases']);
  expect([percent(1, 8), percent(0, 0)]).toEqual(['12.5 %', '0.0 %']);
});

test('a table lines its columns up', () => {
  expect(
    table([
      [{ right: '1' }, 'a', 'x'],
      [{ right: '100' }, 'abc', 'y'],
    ]),
  ).toEqual(['    1  a    x', '  100  abc  y']);
});

test('text from outside can neither break a line nor drive the terminal', () => {
  const text = 'a\u001b[2J\r\n\u0007\u009b\u2028\u202eb';
  expect(printable(text)).toBe(String.raw`a\u001b[2J\r\n\u0007\u009b\u2028\u202eb`);
  expect(printable('Grüße, 日本 – …')).toBe('Grüße, 日本 – …');
  expect(oneLine('x'.repeat(500), 10)).toBe('xxxxxxxxx…');
});
