import { describe, expect, test } from 'vitest';
import { kcidbReport } from '../../../src/report/reporters/kcidb.js';
import { DocumentReporter } from '../../../src/report/reporters/document.js';
import { HOSTILE, reported, tellAll } from '../../support/replayReport.js';
import { replayed } from '../../support/replayed.js';

type Objects = readonly Readonly<Record<string, unknown>>[];
type Document = Readonly<Record<'checkouts' | 'builds' | 'tests' | 'issues' | 'incidents', Objects>>;

/** What kcidb-io 5.3 demands of each object: the fields that must be there, and those that may. */
const FIELDS: Readonly<Record<keyof Document, readonly [string[], string[]]>> = {
  checkouts: [
    ['id', 'origin'],
    ['comment', 'start_time'],
  ],
  builds: [
    ['id', 'origin', 'checkout_id'],
    ['comment', 'architecture'],
  ],
  tests: [
    ['id', 'origin', 'build_id'],
    ['environment', 'path', 'status', 'comment', 'log_excerpt', 'start_time', 'duration', 'misc'],
  ],
  issues: [
    ['id', 'origin', 'version'],
    ['report_subject', 'comment', 'misc'],
  ],
  incidents: [
    ['id', 'origin', 'issue_id', 'issue_version'],
    ['test_id', 'present'],
  ],
};
const PATTERNS: Readonly<Record<string, RegExp>> = {
  id: /^lab_1:./,
  build_id: /^lab_1:./,
  checkout_id: /^lab_1:./,
  origin: /^lab_1$/,
  path: /^[a-zA-Z0-9_-]+(\.[a-zA-Z0-9_-]+)*$/,
  architecture: /^[a-z0-9_]*$/,
  start_time: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/,
  status: /^(FAIL|ERROR|MISS|PASS|DONE|SKIP)$/,
};

function expectValid(document: Document): void {
  for (const [kind, [required, optional]] of Object.entries(FIELDS)) {
    const objects = document[kind as keyof Document] as Objects | undefined;
    for (const object of objects ?? []) {
      expect(Object.keys(object)).toEqual(expect.arrayContaining(required));
      expect([...required, ...optional]).toEqual(expect.arrayContaining(Object.keys(object)));
      for (const [name, value] of Object.entries(object)) {
        expect(value).not.toBeNull();
        if (typeof value !== 'string') continue;
        expect(value).not.toContain('\0');
        expect(value).toMatch(PATTERNS[name] ?? /^/);
      }
    }
    const ids = (objects ?? []).map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
  }
}

function parse(text: string): Document {
  const document = JSON.parse(text) as Document & { version: unknown };
  expect(document.version).toEqual({ major: 5, minor: 3 });
  expectValid(document);
  return document;
}

describe('KCIDB', () => {
  test('gives each status its own, and brings a build and a checkout along', () => {
    const { checkouts, builds, tests } = parse(reported('kcidb', { refused: [{ file: 'x', problem: 'truncated' }] }));
    expect(tests.map(({ status }) => status)).toEqual([
      'PASS',
      'PASS',
      'FAIL',
      'SKIP',
      'FAIL',
      'FAIL',
      'ERROR',
      'ERROR',
      'MISS',
      'MISS',
    ]);
    expect(builds).toMatchObject([{ checkout_id: checkouts[0]?.['id'], architecture: 'x86_64' }]);
    expect(new Set(tests.map(({ build_id }) => build_id))).toEqual(new Set([builds[0]?.['id']]));
    expect(tests[4]).toMatchObject({
      path: 'faultline.stage2.e',
      duration: 0.0125,
      environment: { misc: { kernelRelease: '6.12.9-generic' } },
      misc: { file: 'corpus/stage2/e.json', kind: 'pinned', hits: 1 },
    });
    expect(tests[4]?.['log_excerpt']).toContain('observed: no page is dirty');
  });

  test('links a known divergence to an issue that explains it', () => {
    const { tests, issues, incidents } = parse(reported('kcidb'));
    expect(issues).toMatchObject([{ report_subject: 'Reads are stale', comment: 'The cache is not told.' }]);
    expect(incidents).toMatchObject([{ issue_id: issues[0]?.['id'], test_id: tests[2]?.['id'], present: true }]);
  });

  test('uses a build that is known already', () => {
    const options = { origin: 'lab_1', build: 'lab_1:linux-7' };
    let text = '';
    tellAll(
      new DocumentReporter(
        (report) => kcidbReport(report, options),
        (more) => (text += more),
      ),
      {},
    );
    const document = parse(text);
    expect(document).not.toHaveProperty('builds');
    expect(document.tests.map(({ build_id }) => build_id)).toContain('lab_1:linux-7');
  });

  test('keeps hostile text inside its fields, and excerpts within their limit', () => {
    const detail = `${HOSTILE}\n`.repeat(1000);
    const verdicts = [{ kind: 'crash', detail }] as const;
    const { tests } = parse(
      reported('kcidb', { replays: [{ ...replayed('a', 'broken', detail), title: HOSTILE, verdicts }] }),
    );
    expect(String(tests[0]?.['log_excerpt']).length).toBeLessThanOrEqual(16_384);
  });
});
