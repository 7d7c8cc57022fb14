import { describe, expect, test } from 'vitest';
import type { Judged } from '../../src/campaign/pipeline.js';
import type { Case } from '../../src/corpus/case.js';
import type { KnownDivergence } from '../../src/corpus/known.js';
import type { Verdict } from '../../src/oracle/verdict.js';
import { formatReplayed, replayTotals } from '../../src/report/replay.js';
import { judgeReplay } from '../../src/triage/replay.js';
import { ableProfile, simplestScenario } from '../support/scenario.js';

const terminal = { columns: 100, color: false, live: false };

function judged(verdict: Verdict, decided: Record<string, number> = { 'mem.read': 1 }): Judged {
  const isFault = ['divergence', 'crash', 'hang'].includes(verdict.kind);
  const rules = verdict.kind === 'divergence' ? verdict.mismatches.map(({ rule }) => rule) : [verdict.kind];
  const signature = isFault ? { text: 'stage2/x', rules, shape: 'load anon' } : undefined;
  return { execution: { verdict, timeline: [], decided }, signature };
}

const match = judged({ kind: 'match' });
const diverged = judged({
  kind: 'divergence',
  mismatches: [{ rule: 'mem.read', step: 0, expected: 'a', observed: 'b' }],
});

const known: KnownDivergence = {
  schema: 1,
  id: 'stale-read',
  title: 'x',
  explanation: 'x',
  source: 'x',
  when: {},
  match: { rules: ['mem.read'] },
};

function replayed(
  kind: Case['kind'],
  results: Judged[],
  entries: KnownDivergence[] = [],
  applicable: readonly string[] = ['mem.read'],
) {
  const value: Case = {
    schema: 1,
    kind,
    family: 'stage2',
    title: 'a load',
    note: '',
    rules: [{ id: 'mem.read', sentence: 'A load returns what is there.' }],
    scenario: simplestScenario(),
  };
  return judgeReplay({ file: 'a.json', case: value }, results, entries, {
    profile: ableProfile(),
    applicable,
    canaries: [],
  });
}

describe('a pinned case', () => {
  test.each<[string, Judged[], string, string]>([
    ['that matches is ok', [match, match], 'ok', ''],
    ['that diverges is broken', [match, diverged], 'broken', '1 of 2 times: divergence: mem.read'],
    ['that crashes is broken', [judged({ kind: 'crash', detail: 'SIGSEGV' })], 'broken', 'crash: SIGSEGV'],
    ['that cannot run is a skip', [judged({ kind: 'skip', reason: 'no huge page' })], 'skip', 'no huge page'],
    ['that the tool fails on is no finding', [judged({ kind: 'harness', detail: 'oops' })], 'harness', 'oops'],
    [
      'whose rule decides nothing is no longer a test of it',
      [match, judged({ kind: 'match' }, {})],
      'undecided',
      'it matches, but these rules, which it is there for, decide nothing in it: mem.read',
    ],
  ])('%s', (_, results, status, detail) => {
    expect(replayed('pinned', results)).toMatchObject({ status, detail });
  });
});

test('a pinned case is a skip where one of its rules does not apply', () => {
  const undecided = [judged({ kind: 'match' }, {})];
  expect(replayed('pinned', undecided, [], [])).toMatchObject({
    status: 'skip',
    detail: 'rule mem.read does not apply to this machine',
  });
  expect(replayed('pinned', [diverged], [], [])).toMatchObject({ status: 'broken' });
});

describe('a finding', () => {
  test('says whether it still fails, and how often', () => {
    expect(replayed('finding', [match])).toMatchObject({ status: 'gone', hits: 0, times: 1 });
    expect(replayed('finding', [diverged, match, diverged])).toMatchObject({ status: 'fails', hits: 2, times: 3 });
  });

  test('is labelled when a known divergence explains every time', () => {
    expect(replayed('finding', [diverged, match], [known])).toMatchObject({ status: 'known', known: 'stale-read' });
    const other = judged({ kind: 'crash', detail: 'SIGSEGV' });
    expect(replayed('finding', [diverged, other], [known])).toMatchObject({ status: 'fails', known: undefined });
  });
});

test('each case is one line, and the totals are another', () => {
  const results = [
    replayed('pinned', [match]),
    replayed('pinned', [diverged]),
    replayed('finding', [diverged], [known]),
  ];
  expect(results.flatMap((result) => formatReplayed(result, terminal))).toEqual([
    'ok      a.json',
    'FAIL    a.json: divergence: mem.read',
    'known   a.json: stale-read: divergence: mem.read',
  ]);
  expect(replayTotals(results, 1, terminal)).toEqual(['3 cases: 1 ok, 1 known, 1 broken, 1 file refused']);
});
