import { describe, expect, test } from 'vitest';
import type { Rule } from '../../src/model/rule.js';
import type { Verdict } from '../../src/oracle/verdict.js';
import { ruleBook, rulesPage } from '../../src/report/rules.js';
import { formatVerdict } from '../../src/report/verdict.js';
import { verdictLine } from '../../src/oracle/verdictLine.js';

const terminal = { columns: 80, color: false, live: false };
const rule: Rule = { id: 'mem.read', tier: 'contract', sentence: 'A read sees memory.', source: 'SDM vol. 3A' };
const lines = (verdict: Verdict): string[] => formatVerdict(verdict, ruleBook([rule]), 2, terminal);
const mismatch = (step: number, id = rule.id) => ({ rule: id, step, expected: 'a', observed: 'b' });

describe('a verdict', () => {
  test.each<[Verdict, string]>([
    [{ kind: 'match' }, 'match: everything that was observed is what the model allows'],
    [{ kind: 'skip', reason: 'no huge page' }, 'skip: no huge page'],
    [{ kind: 'crash', detail: 'it died\nof this' }, 'crash: it died'],
    [{ kind: 'hang', step: 0, detail: 'silent' }, 'hang in step 1: silent'],
    [{ kind: 'harness', detail: 'oops' }, 'HARNESS: oops'],
    [{ kind: 'divergence', mismatches: [mismatch(0), mismatch(1), mismatch(1, 'x')] }, 'divergence: mem.read, x'],
  ])('%j in one line', (verdict, line) => {
    expect(verdictLine(verdict)).toBe(line);
    expect(lines(verdict)[0]).toBe(line);
  });

  test('says the broken rule in words, where, and from which source', () => {
    expect(lines({ kind: 'divergence', mismatches: [mismatch(0), mismatch(0xffff, 'gone')] })).toEqual([
      'divergence: mem.read, gone',
      '  ✗ mem.read, step 1',
      '      rule:     A read sees memory.',
      '                (contract; SDM vol. 3A)',
      '      expected: a',
      '      observed: b',
      '  ✗ gone, after the last step',
      '      rule:     This build has no rule of that name.',
      '      expected: a',
      '      observed: b',
    ]);
  });

  test('prints a flood of mismatches in part and counts the rest', () => {
    const [first, ...rest] = Array.from({ length: 50 }, (_, i) => mismatch(i));
    if (first === undefined) throw new Error('unreachable');
    expect(lines({ kind: 'divergence', mismatches: [first, ...rest] }).at(-1)).toBe('  and 30 more mismatches');
  });

  test('keeps the further lines of a crash', () => {
    expect(lines({ kind: 'crash', detail: 'it died\nWARNING: at mmu.c\u001b[2J' })).toEqual([
      'crash: it died',
      String.raw`      WARNING: at mmu.c\u001b[2J`,
    ]);
  });
});

test('the page of rules is in the order of their ids', () => {
  const page = rulesPage('stage2', [rule, { ...rule, id: 'a.first' }]);
  expect(page.match(/^### .*$/gm)).toEqual(['### `a.first`', '### `mem.read`']);
  expect(page).toContain('A read sees memory.\n\n*contract*; source: SDM vol. 3A\n');
});
