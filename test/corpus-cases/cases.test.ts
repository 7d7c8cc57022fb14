import { readFileSync } from 'node:fs';
import { basename, relative } from 'node:path';
import { describe, expect, test } from 'vitest';
import { stage2Family } from '../../src/campaign/families/stage2.js';
import type { Case } from '../../src/corpus/case.js';
import { formatCase } from '../../src/corpus/format.js';
import { loadKnown } from '../../src/corpus/known.js';
import { parseStage2 } from '../../src/scenario/parse.js';
import type { Stage2Profile } from '../../src/scenario/profile.js';
import { applicableRules } from '../../src/model/stage2/applicable.js';
import { arm, CORPUS, loaded, MACHINES, nested, shadow } from './corpus.js';

const SELFTEST = 'stage2/page-fault-test/';
const ARM_SELFTEST = 'stage2/page-fault-test-arm64/';
const ROWS = Array.from({ length: 65 }, (_, i) => i + 1);
const SENTENCES = new Map(stage2Family.rules.map(({ id, sentence }) => [id, sentence]));

const named = loaded.cases.map(({ file, case: value }) => [relative(CORPUS, file), file, value] as const);
const pinned = named.filter(([, , { kind }]) => kind === 'pinned');
const fromSelftest = pinned.filter(([name]) => name.startsWith(SELFTEST));
const fromArmSelftest = pinned.filter(([name]) => name.startsWith(ARM_SELFTEST));

/** Number of the row of the selftest that a case is made from; 0 for none. */
const rowOf = ({ note }: Case): number => Number(/^Row (\d+) /.exec(note)?.[1] ?? 0);

/** Rules of a case that decide nothing in its prediction, and why it would be skipped, if it would. */
function undecided(value: Case, profile: Stage2Profile): { skip: string | undefined; rules: string[] } {
  const { skip, decided } = stage2Family.predict(parseStage2(value.scenario), profile);
  const idle = value.rules.map(({ id }) => id).filter((id) => (decided.get(id) ?? 0) === 0);
  return { skip, rules: idle };
}

test('no file of the corpus is refused, and there are cases', () => {
  expect(loaded.errors).toEqual([]);
  expect(pinned.length).toBeGreaterThan(450);
});

describe.each(named)('%s', (_name, file, value) => {
  test('is formatted as the program writes it', () => {
    expect(readFileSync(file, 'utf8')).toBe(formatCase({ ...value, scenario: parseStage2(value.scenario) }));
  });

  test('names rules of the model with their sentences', () => {
    for (const { id, sentence } of value.rules) expect([id, SENTENCES.get(id)]).toEqual([id, sentence]);
    expect(value.rules.length).toBeGreaterThan(0);
    expect(new Set(value.rules.map(({ id }) => id)).size).toBe(value.rules.length);
  });

  test('says what it is and why it is there', () => {
    expect(value.title).not.toBe('');
    expect(value.note).not.toBe('');
  });

  test('has its rules decide on one of the machines, and where they apply on every one', () => {
    const results = MACHINES.map((machine) => ({ machine, ...undecided(value, machine) }));
    expect(results.some(({ skip, rules }) => skip === undefined && rules.length === 0)).toBe(true);
    for (const { machine, skip, rules } of results) {
      const applicable = new Set(applicableRules(machine));
      expect(skip === undefined && rules.length > 0 && rules.every((id) => applicable.has(id))).toBe(false);
    }
  });
});

test('every title is there once', () => {
  const titles = named.map(([, , { title }]) => title);
  expect(titles.filter((title, i) => titles.indexOf(title) !== i)).toEqual([]);
});

describe('the rows of page_fault_test', () => {
  test.each(fromSelftest)('%s holds for two-dimensional paging, too', (_name, _file, value) => {
    expect(undecided(value, nested)).toEqual({ skip: undefined, rules: [] });
  });

  test('are numbered from 1 to 65, and those without a case are the seven address translations', () => {
    const numbers = fromSelftest.map(([, , value]) => rowOf(value));
    const missing = ROWS.filter((row) => !numbers.includes(row));
    expect(missing).toEqual([13, 18, 27, 36, 44, 52, 60]);
  });

  test('are all in the table of the README', () => {
    const readme = readFileSync(`${CORPUS}/${SELFTEST}README.md`, 'utf8');
    for (const [, file] of fromSelftest) expect(readme).toContain(`\`${basename(file, '.json')}\``);
  });

  test('reset the log before the access wherever they look at it afterwards', () => {
    expectResets(fromSelftest);
  });
});

/** A log that is read after the access says something of the access only if it was reset before. */
function expectResets(cases: typeof pinned): void {
  for (const [name, , value] of cases) {
    const kinds = parseStage2(value.scenario).steps.map(({ kind }) => kind);
    const access = kinds.indexOf('access');
    expect([name, kinds.slice(0, access).includes('dirtyLog')]).toEqual([
      name,
      kinds.slice(access).includes('dirtyLog'),
    ]);
  }
}

describe('the rows of page_fault_test on aarch64', () => {
  const rows = fromArmSelftest.filter(([, , value]) => rowOf(value) > 0);

  test('are all there, at EL1 and but for address translations at EL0', () => {
    const at = (privilege: string): number[] =>
      rows
        .filter(([, , value]) => parseStage2(value.scenario).config.privilege === privilege)
        .map(([, , value]) => rowOf(value))
        .sort((a, b) => a - b);
    expect(at('kernel')).toEqual(ROWS);
    expect(at('user')).toEqual(ROWS.filter((row) => ![13, 18, 27, 36, 44, 52, 60].includes(row)));
  });

  test.each(rows)('%s holds with atomics that write at once', (_name, _file, value) => {
    const writing = { ...arm, atomicFaults: 'write_at_once', atSetsAccessFlag: false } as const;
    const { skip, rules } = undecided(value, writing);
    const choices = new Set(['arm.atomic-reads-first', 'hole.zeroes', 'uffd.copy']);
    expect([skip, rules.filter((rule) => !choices.has(rule))]).toEqual([undefined, []]);
  });

  test('and what is beyond them are all in the README', () => {
    const readme = readFileSync(`${CORPUS}/${ARM_SELFTEST}README.md`, 'utf8');
    for (const [, file] of fromArmSelftest) expect(readme).toContain(`\`${basename(file, '.json')}\``);
    expect(fromArmSelftest.length - rows.length).toBeGreaterThan(100);
  });

  test('reset the log before the access wherever they look at it afterwards', () => {
    expectResets(rows);
  });

  test('never let the guest write the tables between the reset of their log and the access', () => {
    for (const [name, , value] of rows) {
      const { steps } = parseStage2(value.scenario);
      expect([name, steps.some(({ kind }) => kind === 'pte')]).toEqual([name, false]);
    }
  });
});

describe('known divergences', () => {
  const { known, errors } = loadKnown(CORPUS, 'stage2', shadow);

  test('are readable and name rules of the model', () => {
    expect(errors).toEqual([]);
    for (const { id, match } of known)
      expect([id, match.rules.filter((rule) => !SENTENCES.has(rule))]).toEqual([id, []]);
  });

  test.each(known.map((entry) => [entry.id, entry] as const))('%s has a case that shows it', (_id, entry) => {
    const shows = named.filter(([, , value]) => value.kind === 'finding' && value.note.includes(entry.id));
    expect(shows.length).toBeGreaterThan(0);
    for (const [, , value] of shows) expect(entry.match.rules).toEqual(value.rules.map(({ id }) => id));
  });

  test('concern rules that a capable machine exercises', () => {
    const applicable = new Set([...applicableRules(shadow), ...applicableRules(arm)]);
    for (const { match } of known) expect(match.rules.filter((rule) => !applicable.has(rule))).toEqual([]);
  });
});

/** Decides without being counted: what no step names must not change. */
const UNCOUNTED = ['paging.other-entries'];

test('every rule that one of the machines can exercise decides there in some case', () => {
  for (const machine of MACHINES) {
    const decided = new Set(UNCOUNTED);
    for (const [, , value] of named) {
      const { decided: ids } = stage2Family.predict(parseStage2(value.scenario), machine);
      for (const id of ids.keys()) decided.add(id);
    }
    expect(applicableRules(machine).filter((rule) => !decided.has(rule))).toEqual([]);
  }
});
