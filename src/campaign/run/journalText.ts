import { crc32 } from 'node:zlib';
import * as v from 'valibot';
import { JournalRecord } from './records.js';

const CHECKSUM_DIGITS = 8;
/** Where a record may begin inside a line, should the end of the line before have been lost. */
const BEGINNING = /[0-9a-f]{8} \{"kind":/g;

/** What stands in a journal, as far as it can be read. */
export interface JournalText {
  readonly records: readonly JournalRecord[];
  /** Lines that are no record, with the reason; line numbers begin with 1. */
  readonly bad: readonly { readonly line: number; readonly reason: string }[];
  /** Bytes up to the end of the last complete line. What is behind was being written when the campaign was killed. */
  readonly bytes: number;
}

/** A record as its line: CRC-32 of the JSON in hex, a space, the JSON, a newline. */
export function formatRecord(record: JournalRecord): string {
  const json = JSON.stringify(record);
  return `${checksum(json)} ${json}\n`;
}

/** Reads what {@link formatRecord} wrote. A line that is damaged costs no other. */
export function parseJournal(content: Buffer): JournalText {
  const bytes = content.lastIndexOf('\n') + 1;
  const lines = content.toString('utf8', 0, bytes).split('\n').slice(0, -1);
  const records: JournalRecord[] = [];
  const bad: { line: number; reason: string }[] = [];
  lines.forEach((text, index) => {
    const record = parseLine(text);
    if (typeof record !== 'string') records.push(record);
    else {
      bad.push({ line: index + 1, reason: record });
      records.push(...within(text));
    }
  });
  return { records, bad, bytes };
}

/** The record, or what is wrong with the line. */
function parseLine(line: string): JournalRecord | string {
  const json = line.slice(CHECKSUM_DIGITS + 1);
  if (line.slice(0, CHECKSUM_DIGITS + 1) !== `${checksum(json)} `) return 'its checksum does not match';
  const result = v.safeParse(JournalRecord, JSON.parse(json));
  return result.success ? result.output : `it is no record of this version: ${result.issues[0].message}`;
}

/** The records of a line that are whole: the newline between them was damaged. */
function within(line: string): JournalRecord[] {
  const starts = [...line.matchAll(BEGINNING)].map(({ index }) => index);
  const parts = starts.map((start, i) => line.slice(start, (starts[i + 1] ?? line.length + 1) - 1));
  return parts.map(parseLine).filter((record) => typeof record !== 'string');
}

function checksum(text: string): string {
  return crc32(text).toString(16).padStart(CHECKSUM_DIGITS, '0');
}
