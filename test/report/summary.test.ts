import { describe, expect, test } from 'vitest';
import type { Rule } from '../../src/model/rule.js';
import type { CampaignSummary } from '../../src/campaign/types.js';
import { ruleBook } from '../../src/report/rules.js';
import { formatSummary } from '../../src/report/summary.js';
import { someOutcomes } from '../support/run.js';
import { aFinding, aLeg, aSummary } from '../support/summary.js';

const rules: Rule[] = ['dirty.write', 'mem.read', 'walk.accessed', 'walk.dirty'].map((id) => ({
  id,
  tier: 'contract',
  sentence: `The sentence of ${id}.`,
  source: 'api.rst',
}));
const terminal = { columns: 100, color: false, live: false };
const lines = (changes: Partial<CampaignSummary> = {}): string[] =>
  formatSummary(aSummary(changes), ruleBook(rules), terminal);
const last = (changes: Partial<CampaignSummary>): string => lines(changes).at(-1) ?? '';

describe('a summary', () => {
  test('says how much ran and how fast, and what memory it took', () => {
    expect(lines()).toContain('  scenarios: 120,000 in 1 min 00 s, 2,000 per second');
    expect(lines()).toContain('  memory:    100.0 MiB at the start, 150.0 MiB at most, 120.0 MiB at the end');
  });

  test('lists the rules with the least covered last, then those that nothing exercised', () => {
    const all = lines();
    const rows = all
      .filter((line) => line.includes('The sentence of'))
      .map((line) => line.trim().split(/\s+/).slice(0, 2));
    expect(rows).toEqual([
      ['120,000', 'mem.read'],
      ['500', 'dirty.write'],
      ['3', 'walk.accessed'],
      ['0', 'walk.dirty'],
    ]);
  });

  test('gives reasons for skips and names known divergences, with their counts', () => {
    const all = lines({ legs: [aLeg({ skips: { 'no free huge page': 12 }, known: { 'stale-accessed-bit': 3 } })] });
    expect(all).toContain('  12  no free huge page');
    expect(all).toContain('  3  stale-accessed-bit');
  });

  test('tells how calls ended, and what their documentation names beside', () => {
    const all = lines({ legs: [aLeg({ outcomes: someOutcomes() })] });
    expect(all).toContain('  COPY  ok 1,200, EEXIST 3');
    expect(all).toContain('  MOVE  EFAULT 1');
    const unseen = all.indexOf('Documented ends of calls that nothing showed');
    expect(all.slice(unseen + 1, unseen + 3)).toEqual([
      '  COPY EPERM, MOVE EBUSY',
      '  MOVE ENOMEM: cannot be here, there is always room',
    ]);
    expect(lines().join()).not.toContain('How calls ended');
  });

  test('has a part for each leg, with what ran there', () => {
    const legs = [aLeg(), aLeg({ family: 'uffd', target: 'qemu:amd64', scenarios: 600, elapsedMs: 2000 })];
    const all = lines({ legs });
    expect(all[0]).toBe('Campaign of families stage2, uffd, seed 7');
    expect(all).toContain('Family stage2 on local');
    expect(all[all.indexOf('Family uffd on qemu:amd64') + 2]).toBe('  scenarios: 600 in 2 s, 300 per second');
  });

  test('says when it was ended early', () => {
    expect(lines({ ended: 'interrupt' }).join('\n')).toContain('by an interrupt, before its budget was spent');
    expect(lines().join('\n')).not.toContain('interrupt');
  });

  test('shows a finding with its rule in words, its steps, how often it comes back, and its file', () => {
    const text = lines({ findings: [aFinding()] }).join('\n');
    expect(text).toContain('The sentence of dirty.write.');
    expect(text).toContain('expected: page 0 is dirty');
    expect(text).toContain('observed: no page is dirty');
    expect(text).toContain('    2. get the dirty log of data');
    expect(text).toContain('came back in 9 of 10 tries, and in 5 of 5');
    expect(text).toContain('corpus/stage2/dirty.write-00000000.json');
  });

  test('keeps to the width, but for what is to be copied', () => {
    const finding = aFinding({ signature: 'x'.repeat(10), minimized: 'word '.repeat(100) });
    for (const columns of [40, 80, 200]) {
      const wide = formatSummary(aSummary({ findings: [finding] }), ruleBook(rules), { ...terminal, columns });
      const prose = wide.filter((line) => !/file:|see it:|memory:|scenarios:|^Campaign|✗/.test(line));
      expect(prose.filter((line) => line.length > columns)).toEqual([]);
    }
  });

  test.each<[string, Partial<CampaignSummary>]>([
    ['No untriaged finding.', {}],
    ['No untriaged finding. 3 divergences are known.', { legs: [aLeg({ known: { a: 1, b: 2 } })] }],
    ['1 untriaged finding.', { findings: [aFinding()], harness: ['x'] }],
    ['No untriaged finding.', { findings: [aFinding({ known: 'a' })] }],
    ['No finding, but the tool itself failed; the result does not count.', { harness: ['it broke'] }],
    ['Every scenario was skipped.', { legs: [aLeg({ skips: { 'no huge page': 120_000 } })] }],
    ['No scenario ran.', { scenarios: 0 }],
  ])('ends with: %s', (text, changes) => {
    expect(last(changes)).toBe(text);
  });

  test('has no colour where none is wanted, and some where it is', () => {
    expect(lines().join('')).not.toContain('\u001b');
    const coloured = formatSummary(aSummary(), ruleBook(rules), { ...terminal, color: true });
    expect(coloured.join('')).toContain('\u001b[');
  });

  test('cannot be driven by what a finding holds', () => {
    const text = 'evil \u001b[2J \n text';
    const finding = aFinding({
      signature: text,
      known: text,
      minimized: text,
      path: text,
      file: undefined,
      saveError: text,
      mismatches: [{ rule: text, step: 0, expected: text, observed: text }],
      timeline: [{ step: text, expected: [text], observed: [text] }],
    });
    const leg = aLeg({ family: text, target: text, skips: { [text]: 1 }, known: { [text]: 1 } });
    const all = lines({ findings: [finding], legs: [leg], harness: [text] });
    expect(all.filter((line) => /\p{Cc}/u.test(line))).toEqual([]);
  });
});
