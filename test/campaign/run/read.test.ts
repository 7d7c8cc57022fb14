import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { formatRecord } from '../../../src/campaign/run/journalText.js';
import { readRun } from '../../../src/campaign/run/read.js';
import type { JournalRecord, LegCounts } from '../../../src/campaign/run/records.js';
import { RUN_SCHEMA, type RunSettings } from '../../../src/campaign/run/types.js';
import type { Finding } from '../../../src/campaign/types.js';
import type { Profile } from '../../../src/scenario/profile.js';
import { temporaryDirectory } from '../../support/temporary.js';

const temporary = temporaryDirectory();

const SETTINGS: RunSettings = {
  schema: RUN_SCHEMA,
  families: ['fake'],
  targets: [{ kind: 'local' }],
  seed: 7,
  workers: 2,
  budgets: { timeMs: 60_000 },
  plant: 'none',
  corpusDir: '/corpus',
  startedAt: '2026-01-01T00:00:00.000Z',
};

const LEG: JournalRecord = {
  kind: 'leg',
  leg: 0,
  family: 'fake',
  target: 'local',
  profile: { target: 'local', arch: 'x86_64' } as unknown as Profile,
  applicable: ['a', 'b'],
};

const begun = (lane: number, from: number, to: number): JournalRecord => ({
  ...{ kind: 'begun', leg: 0, lane, seed: 7, from, to },
});

function totals(done: readonly (readonly [number, number])[], counts: Partial<LegCounts> = {}): JournalRecord {
  const none = { scenarios: 0, decided: {}, skips: {}, configurations: {}, occurrences: {}, harness: {} };
  return {
    ...{ kind: 'totals', leg: 0, elapsedMs: 3000, legMs: 2900 },
    done: done.map(([from, to]) => ({ from, to })),
    counts: { ...none, workerRestarts: 0, ...counts },
  };
}

function finding(signature: string, known?: string): JournalRecord {
  const value = { signature, family: 'fake', known, verdict: { kind: 'match' }, mismatches: [], timeline: [] };
  const reproduction = { tries: 0, hits: 0, freshTries: 0, freshHits: 0 };
  return { kind: 'finding', leg: 0, finding: { ...value, reproduction } as unknown as Finding, settled: false };
}

function run(...records: readonly JournalRecord[]): string {
  writeFileSync(join(temporary.path, 'run.json'), JSON.stringify(SETTINGS));
  writeFileSync(join(temporary.path, 'journal'), records.map(formatRecord).join(''));
  return temporary.path;
}

test('the last totals of a leg are its counts', () => {
  const directory = run(
    LEG,
    totals([[0, 256]], { scenarios: 256 }),
    totals([[0, 512]], { scenarios: 512, decided: { a: 9 } }),
  );
  const record = readRun(directory);
  expect(record.settings).toEqual(SETTINGS);
  expect(record.elapsedMs).toBe(3000);
  expect(record.ended).toBeUndefined();
  expect(record.legs).toHaveLength(1);
  expect(record.legs[0]).toMatchObject({
    family: 'fake',
    scenarios: 512,
    elapsedMs: 2900,
    decided: { a: 9 },
    open: [],
  });
});

test('how calls ended is held against what the leg says of their documentation', () => {
  const documented = [{ name: 'COPY ok' }, { name: 'COPY EPERM', impossible: 'nobody may' }];
  const leg: JournalRecord = { ...LEG, outcomes: documented };
  const record = readRun(run(leg, totals([[0, 256]], { outcomes: { 'COPY ok': 3 } })));
  expect(record.problems).toEqual([]);
  expect(record.legs[0]?.outcomes).toEqual({ counts: { 'COPY ok': 3 }, documented });
  expect(readRun(run(LEG, totals([[0, 256]]))).legs[0]?.outcomes).toBeUndefined();
});

test('totals without pairs and configurations leave those of the totals before', () => {
  const pairs = { fields: [], counts: { '0,1': [1, -1] } };
  const configurations = { short: 3 };
  const later = { scenarios: 256, configurations: undefined };
  const directory = run(LEG, totals([], { pairs, configurations }), totals([[0, 256]], later));
  expect(readRun(directory).legs[0]).toMatchObject({ scenarios: 256, pairs, configurations });
});

test('what was begun and is not done is open, and the last of each lane was in flight', () => {
  const directory = run(
    ...[LEG, begun(0, 0, 256), begun(1, 256, 512), begun(0, 512, 1024)],
    ...[totals([[0, 256]]), begun(0, 1024, 1100)],
  );
  expect(readRun(directory).legs[0]?.open).toEqual([
    { seed: 7, from: 256, to: 512, inFlight: true },
    { seed: 7, from: 512, to: 1024, inFlight: false },
    { seed: 7, from: 1024, to: 1100, inFlight: true },
  ]);
});

test('what was begun twice is open once', () => {
  const directory = run(LEG, begun(0, 0, 256), { kind: 'resumed', at: '' }, begun(1, 0, 256), totals([[100, 200]]));
  const open = readRun(directory).legs[0]?.open ?? [];
  expect(open.map(({ from, to }) => [from, to])).toEqual([
    [0, 100],
    [200, 256],
  ]);
});

test('a finding is what was said of it last, under its last name', () => {
  const directory = run(
    ...[LEG, finding('fake/a/x'), finding('fake/a/y', 'label')],
    { kind: 'renamed', leg: 0, signature: 'fake/a/x', became: 'fake/a/y' },
    totals([], { occurrences: { 'fake/a/y': 3 } }),
  );
  const { findings, legs, occurrences } = readRun(directory);
  expect(findings.map(({ signature }) => signature)).toEqual(['fake/a/y']);
  expect(legs[0]).toMatchObject({ aliases: { 'fake/a/x': 'fake/a/y' }, known: { label: 3 } });
  expect(occurrences).toEqual({ 'fake/a/y': 3 });
});

test('an end holds until the campaign is resumed', () => {
  const ended: JournalRecord = { kind: 'ended', why: 'interrupt', elapsedMs: 5000 };
  expect(readRun(run(LEG, ended)).ended).toBe('interrupt');
  expect(readRun(run(LEG, ended, { kind: 'resumed', at: '' })).ended).toBeUndefined();
});

test('damage is named with file and line, and costs nothing else', () => {
  const directory = run(LEG, totals([[0, 256]]), totals([[0, 512]], { scenarios: 512 }));
  const file = join(directory, 'journal');
  const lines = readFileSync(file, 'utf8').split('\n');
  lines[1] = (lines[1] ?? '').replace('256', '255');
  writeFileSync(file, lines.join('\n'));
  appendFileSync(file, '0badc0de {"kind":"sam');
  const { problems, legs } = readRun(directory);
  expect(problems).toEqual([`${file}, line 2: its checksum does not match; the record is left out`]);
  expect(legs[0]?.scenarios).toBe(512);
});

test('samples are thinned, the first and the last kept', () => {
  const samples = Array.from({ length: 5000 }, (_, i) => ({ elapsedMs: i, scenarios: i, rssBytes: 1 }));
  const thin = readRun(run(LEG, ...samples.map((sample) => ({ kind: 'sample' as const, ...sample })))).samples;
  expect(thin).toHaveLength(2000);
  expect([thin[0]?.elapsedMs, thin.at(-1)?.elapsedMs]).toEqual([0, 4999]);
});

test('a directory that is no run is one sentence', () => {
  expect(() => readRun('/nonexistent/run')).toThrow('/nonexistent/run/run.json: no such file or directory');
  writeFileSync(join(temporary.path, 'run.json'), '{"schema":1}');
  expect(() => readRun(temporary.path)).toThrow(/run\.json: \$\.families: is missing$/);
});
