import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatCase, formatJson } from '../../src/corpus/format.js';
import type { Case } from '../../src/corpus/case.js';
import { access, simplestScenario } from '../support/scenario.js';

const scenario = simplestScenario({
  steps: [access(), { kind: 'race', a: access(), b: access({ vcpu: 1 }) }],
});

test('any JSON value comes back, without trailing spaces and with one newline at the end', () => {
  fc.assert(
    fc.property(fc.jsonValue({ noUnicodeString: false }), (value) => {
      const text = formatJson(value);
      expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
      expect(text).toMatch(/[^\n ]\n$/);
      expect(text).not.toMatch(/ \n/);
    }),
  );
});

describe('a scenario', () => {
  const lines = formatJson({ scenario }).split('\n');

  test('has one step per line', () => {
    expect(lines.filter((line) => line.includes('"kind": "access"'))).toHaveLength(3);
    expect(lines.filter((line) => line.startsWith('      { "kind": "access"'))).toHaveLength(1);
  });

  test('has its short parts on one line and no other line beyond 120 columns', () => {
    const initial = '"initial": { "pteA": true, "pdeA": true, "pdpteA": true, "pteD": true },';
    expect(lines.map((line) => line.trim())).toContain(initial);
    const long = lines.filter((line) => line.length > 120);
    expect(long.filter((line) => !line.includes('"access"'))).toEqual([]);
  });

  test('differs in one line when one step does', () => {
    const other = formatJson({ scenario: { ...scenario, steps: [access({ page: 1 }), ...scenario.steps.slice(1)] } });
    expect(other.split('\n').filter((line, i) => line !== lines[i])).toHaveLength(1);
  });
});

test('the keys of a case come in the order of the schema, whatever order they had', () => {
  const members: Case = {
    schema: 1,
    kind: 'pinned',
    family: 'stage2',
    title: 'a load',
    note: '',
    rules: [],
    scenario,
  };
  const reversed = Object.fromEntries(Object.entries(members).reverse()) as unknown as Case;
  expect(formatCase(reversed)).toBe(formatCase(members));
  expect(Object.keys(JSON.parse(formatCase(reversed)) as object)).toEqual(Object.keys(members));
});
