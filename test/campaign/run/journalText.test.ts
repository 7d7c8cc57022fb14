import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatRecord, parseJournal } from '../../../src/campaign/run/journalText.js';
import type { JournalRecord } from '../../../src/campaign/run/records.js';

const RECORDS: readonly JournalRecord[] = [
  { kind: 'begun', leg: 0, lane: 1, seed: 7, from: 0, to: 256, focus: { prefer: ['ä', '\n'] } },
  { kind: 'sample', elapsedMs: 10_000, scenarios: 5, rssBytes: 1 },
  { kind: 'renamed', leg: 0, signature: 'a/b/c', became: 'a/b/d' },
  { kind: 'resumed', at: '2026-01-01T00:00:00.000Z' },
  { kind: 'ended', why: 'budget', elapsedMs: 60_000 },
];
const LINES = RECORDS.map((record) => Buffer.from(formatRecord(record)));
const TEXT = Buffer.concat(LINES);

/** The record that a byte belongs to, its newline included. */
function lineAt(offset: number): number {
  let end = 0;
  return LINES.findIndex((line) => (end += line.length) > offset);
}

test('what was written is read', () => {
  expect(parseJournal(TEXT)).toEqual({ records: RECORDS, bad: [], bytes: TEXT.length });
  expect(parseJournal(Buffer.alloc(0))).toEqual({ records: [], bad: [], bytes: 0 });
});

test('a journal that ends anywhere loses the record that was being written, and says nothing', () => {
  for (let length = 0; length < TEXT.length; length++) {
    const { records, bad, bytes } = parseJournal(TEXT.subarray(0, length));
    expect(records).toEqual(RECORDS.slice(0, lineAt(length)));
    expect(bad).toEqual([]);
    expect(bytes).toBe(LINES.slice(0, lineAt(length)).reduce((sum, line) => sum + line.length, 0));
  }
});

test('a damaged byte costs the record that it is in, and the line is named', () => {
  fc.assert(
    fc.property(fc.nat(TEXT.length - 1), fc.integer({ min: 1, max: 255 }), (offset, change) => {
      const damaged = Buffer.from(TEXT);
      damaged[offset] = (damaged[offset] ?? 0) ^ change;
      const { records, bad } = parseJournal(damaged);
      const line = lineAt(offset);
      const isNewline = TEXT[offset] === 0x0a;
      const lost = RECORDS.filter((_, i) => i !== line);
      if (isNewline) expect(records).toEqual(line === RECORDS.length - 1 ? lost : RECORDS);
      else expect(records).toEqual(lost);
      const torn = isNewline && line === RECORDS.length - 1;
      expect(bad.map((one) => one.line)).toEqual(
        torn ? [] : [line + 1, ...(damaged[offset] === 0x0a ? [line + 2] : [])],
      );
    }),
    { numRuns: 2000 },
  );
});

test('a line of another version is named with what is wrong', () => {
  const strange = formatRecord({ kind: 'strange' } as unknown as JournalRecord);
  const { records, bad } = parseJournal(Buffer.concat([Buffer.from(strange), TEXT]));
  expect(records).toEqual(RECORDS);
  expect(bad).toEqual([{ line: 1, reason: expect.stringContaining('it is no record of this version') as string }]);
});
