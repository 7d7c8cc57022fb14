import { spawnSync } from 'node:child_process';
import { symlinkSync, truncateSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, expect, test } from 'vitest';
import * as v from 'valibot';
import { MAX_CASE_BYTES, type Case } from '../../src/corpus/case.js';
import { formatCase } from '../../src/corpus/format.js';
import { loadCases } from '../../src/corpus/load.js';
import { ScenarioError } from '../../src/scenario/error.js';
import { Stage2Scenario } from '../../src/scenario/stage2.js';
import { simplestScenario } from '../support/scenario.js';
import { temporaryDirectory } from '../support/temporary.js';

const directory = temporaryDirectory();

function parse(json: unknown): Stage2Scenario {
  const result = v.safeParse(Stage2Scenario, json);
  if (result.success) return result.output;
  const issue = result.issues[0];
  throw new ScenarioError(`$.${v.getDotPath(issue) ?? ''}`, issue.message);
}

const parsers = { stage2: parse };

function aCase(changes: Partial<Case> = {}): Case {
  return {
    schema: 1,
    kind: 'pinned',
    family: 'stage2',
    title: 'a load',
    note: 'The simplest case.',
    rules: [{ id: 'mem.read', sentence: 'A load returns what is there.' }],
    scenario: simplestScenario(),
    ...changes,
  };
}

/** What the loader says about one file with this content, without the file's name. */
function problemOf(content: string | Uint8Array): string {
  const file = directory.write('case.json', content);
  const { cases, errors } = loadCases([file], parsers);
  expect(cases).toEqual([]);
  expect(errors).toHaveLength(1);
  const line = errors[0]?.line ?? '';
  expect(line.startsWith(`${file}: `)).toBe(true);
  expect(line).not.toMatch(/[\p{Cc}]/u);
  return line.slice(file.length + 2);
}

const text = formatCase(aCase());
const edited = (edit: (value: Record<string, unknown>) => void): string => {
  const value = JSON.parse(text) as Record<string, unknown>;
  edit(value);
  return JSON.stringify(value);
};

describe('a file that is refused gets one line', () => {
  test.each([
    ['nothing', '', 'the file is empty'],
    ['blanks', ' \n', 'the file is empty'],
    ['a truncated file', text.slice(0, 100), /^truncated: the text ends at line \d+, column \d+$/],
    ['a file cut inside a literal', '{"schema": tr', 'truncated: the text ends at line 1, column 12'],
    ['a missing comma', '{\n  "schema": 1\n  "kind": 2}', "not JSON: line 3, column 3: expected ',' or '}'"],
    ['text behind the value', '{} x', 'not JSON: line 1, column 4: text after the end of the JSON value'],
    ['a key that occurs twice', '{"a": 1, "a": 2}', 'not JSON: line 1, column 10: the key "a" occurs twice'],
    ['bottomless nesting', '['.repeat(100_000), /nested deeper than 64 levels$/],
    ['bytes that are no text', Uint8Array.of(0x7b, 0xff), 'not JSON: it is not UTF-8 text'],
    ['a number', '1', '$: expected an object'],
    ['an object of something else', '{}', '$.schema: is missing, so this is not a file of the corpus'],
    [
      'another version',
      edited((value) => (value['schema'] = 2)),
      '$.schema: version 2 is not supported; this build reads version 1',
    ],
    ['an unknown field', edited((value) => (value['titel'] = 'x')), '$.titel: unknown field'],
    [
      'a hostile field name',
      edited((value) => (value['\u001b[2J\n'] = 'x')),
      String.raw`$["\u001b[2J\n"]: unknown field`,
    ],
    ['a missing field', edited((value) => delete value['note']), '$.note: is missing'],
    ['a wrong type', edited((value) => (value['rules'] = [{ id: 1 }])), '$.rules[0].id: expected string, got 1'],
    ['a kind that does not exist', edited((value) => (value['kind'] = 'x')), /^\$\.kind: expected \("pinned" \| "finding"\), got "x"$/],
    [
      'another family',
      edited((value) => (value['family'] = 'msr')),
      '$.family: there is no family "msr"; there is: stage2',
    ],
    [
      'a family named like a method',
      edited((value) => (value['family'] = 'constructor')),
      '$.family: there is no family "constructor"; there is: stage2',
    ],
    [
      'a wrong scenario',
      edited((value) => (value['scenario'] = { ...simplestScenario(), steps: [{ kind: 'access', page: 999 }] })),
      /^\$\.scenario\.steps\.0\.\w+: /,
    ],
  ])('%s', (_, content, problem) => {
    const actual = problemOf(content);
    if (typeof problem === 'string') expect(actual).toBe(problem);
    else expect(actual).toMatch(problem);
  });

  test('a huge file, which is not read', () => {
    const file = directory.write('huge.json', '');
    truncateSync(file, 1024 ** 4);
    const { errors } = loadCases([file], parsers);
    expect(errors[0]?.problem).toBe('too large: 1,099,511,627,776 bytes, at most 1,048,576 bytes are read');
  });

  test('a file of the largest size is read', () => {
    expect(problemOf(' '.repeat(MAX_CASE_BYTES))).toBe('the file is empty');
    expect(problemOf(' '.repeat(MAX_CASE_BYTES + 1))).toMatch(/^too large/);
  });

  test('a FIFO, without waiting for it', () => {
    const fifo = join(directory.path, 'fifo.json');
    expect(spawnSync('mkfifo', [fifo]).status).toBe(0);
    expect(loadCases([fifo], parsers).errors[0]?.problem).toBe('not a regular file');
  });

  test('a path that does not exist', () => {
    const { errors } = loadCases([join(directory.path, 'none')], parsers);
    expect(errors.map(({ problem }) => problem)).toEqual(['no such file or directory']);
  });
});

describe('directories', () => {
  test('are read recursively in the order of names; one bad file disturbs no other', () => {
    directory.write('stage2/b.json', text);
    directory.write('stage2/a/z.json', text);
    directory.write('stage2/c.json', '{');
    directory.write('stage2/d.json', text);
    directory.write('stage2/.e.json', 'a save under way');
    directory.write('stage2/readme.md', 'not a case');
    directory.write('stage2/known-divergences/k.json', 'not a case');
    symlinkSync('..', join(directory.path, 'stage2', 'loop'));
    const { cases, errors } = loadCases([directory.path], parsers);
    const names = cases.map(({ file }) => relative(directory.path, file));
    expect(names).toEqual(['stage2/a/z.json', 'stage2/b.json', 'stage2/d.json']);
    expect(errors.map(({ file }) => relative(directory.path, file))).toEqual(['stage2/c.json']);
  });

  test('a file named twice is loaded once', () => {
    const file = directory.write('a.json', text);
    expect(loadCases([file, directory.path, file], parsers).cases).toHaveLength(1);
  });
});

test('a loaded case is the one that was written', () => {
  const value = aCase({ scenario: parse(simplestScenario()) });
  const file = directory.write('a.json', formatCase(value));
  expect(loadCases([file], parsers)).toEqual({ cases: [{ file, case: value }], errors: [] });
});
