import { describe, expect, test } from 'vitest';
import { KtapReporter } from '../../../src/report/reporters/ktap.js';
import { type KtapTest, parseKtap } from '../../support/ktap.js';
import { caseResult, HOSTILE, REPLAYS, reported, SUITE } from '../../support/replayReport.js';
import { replayed } from '../../support/replayed.js';

const bare = ({ passed, directive, text }: KtapTest): unknown[] => [passed, directive, text];

describe('KTAP', () => {
  test('tells every outcome apart with the directives of the format', () => {
    const { tests, rest } = parseKtap(reported('ktap'));
    expect(tests.map(({ name }) => name)).toEqual(REPLAYS.map(({ file }) => `stage2.${file.slice(-6, -5)}`));
    expect(tests.map(bare)).toEqual([
      [true, undefined, ''],
      [true, undefined, 'no longer fails'],
      [true, 'XFAIL', 'stale-read: divergence: dirty.write'],
      [true, 'SKIP', 'needs aarch64'],
      [false, undefined, 'divergence: dirty.write'],
      [false, 'TIMEOUT', 'still fails: hang in step 1: silent'],
      [false, undefined, 'decides nothing'],
      [false, 'ERROR', 'the codec is wrong'],
      [false, 'ERROR', 'the guest is gone'],
    ]);
    expect(rest).toEqual(['Totals: pass:2 fail:3 xfail:1 xpass:0 skip:1 error:2']);
  });

  test('says before a failure which sentence broke, and where', () => {
    const { tests } = parseKtap(reported('ktap'));
    expect(tests[4]?.diagnostics).toEqual([
      'stage2.e: case corpus/stage2/e.json',
      'stage2.e: divergence: dirty.write',
      'stage2.e: rule dirty.write: A page written by the guest is reported dirty.',
      'stage2.e: step 2, dirty.write:',
      'stage2.e:   expected: page 0 is dirty',
      'stage2.e:   observed: no page is dirty',
      'stage2.e: file: corpus/stage2/e.json',
    ]);
    expect(tests[5]?.diagnostics).toContain('stage2.f: last words');
  });

  test('a refused file is one of the plan', () => {
    const { tests } = parseKtap(reported('ktap', { refused: [{ file: 'corpus/x.json', problem: 'truncated' }] }));
    expect(tests.length).toBe(REPLAYS.length + 1);
    expect(tests[0]).toMatchObject({ passed: false, name: 'x', directive: 'ERROR', text: 'truncated' });
  });

  test('hostile text changes neither results nor lines', () => {
    const statuses = ['broken', 'skip', 'known', 'harness'] as const;
    const replays = statuses.map((status) => ({ ...replayed('corpus/a.json', status, HOSTILE), title: HOSTILE }));
    const text = reported('ktap', { replays, refused: [{ file: HOSTILE, problem: HOSTILE }], broken: HOSTILE });
    const { tests } = parseKtap(text);
    expect(tests.map(({ passed, directive }) => [passed, directive])).toEqual([
      [false, 'ERROR'],
      [false, undefined],
      [true, 'SKIP'],
      [true, 'XFAIL'],
      [false, 'ERROR'],
    ]);
    // What KUnit's parser looks for in a line, wherever it is: a skipped test, and the name of a subtest.
    expect(text.match(/^\s*(?:ok|not ok) [0-9]+ (?:- )?.* # SKIP ?.*$/gm)).toHaveLength(1);
    expect(text).not.toMatch(/^\s*# Subtest: /m);
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028]/);
  });

  test('prints a case as soon as it has ended', () => {
    const written: string[] = [];
    const reporter = new KtapReporter((text) => written.push(text));
    reporter.begin({ id: 'a', target: 'local', startedAt: new Date(), times: 1, planned: 2 });
    reporter.suite(SUITE);
    reporter.result(caseResult(replayed('corpus/a.json', 'ok')));
    expect(written.at(-1)).toBe('ok 1 a\n');
    reporter.result(caseResult(replayed('corpus/b.json', 'ok')));
    expect(written.at(-1)).toBe('ok 2 b\n');
  });
});

describe('the reader of KTAP', () => {
  const head = 'KTAP version 1\n1..1\n';
  test.each([
    ['ok 1 a\n', 'version line'],
    ['KTAP version 1\nok 1 a\n', 'plan'],
    [`${head}ok 2 a\n`, 'number'],
    [head, 'planned 1'],
    [`${head}ok 1 a\nok 2 b\n`, 'planned 1'],
    [`${head}#ok\nok 1 a\n`, 'neither'],
    [`${head}okay 1 a\n`, 'neither'],
    [`${head}ok 1 a # x # SKIP\n`, 'second #'],
    [`${head}ok 1 a # ERROR x\n`, 'cannot be ok'],
    [`${head}ok 1 a`, 'does not end'],
    [`${head}  KTAP version 1\n  1..1\nok 1 a\n`, 'planned 1'],
  ])('refuses %j', (text, problem) => {
    expect(() => parseKtap(text)).toThrow(problem);
  });

  test('reads nested results', () => {
    const { tests } = parseKtap(`${head}  KTAP version 1\n  1..1\n  # d\n  not ok 1 b\n# e\nnot ok 1 a\n`);
    expect(tests).toMatchObject([{ name: 'a', diagnostics: ['e'], subtests: [{ name: 'b', diagnostics: ['d'] }] }]);
  });
});
