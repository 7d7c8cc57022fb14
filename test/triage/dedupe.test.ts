import { describe, expect, test } from 'vitest';
import type { Case } from '../../src/corpus/case.js';
import type { LoadedCase } from '../../src/corpus/load.js';
import { FAMILIES } from '../../src/campaign/families.js';
import { dedupe } from '../../src/triage/dedupe.js';
import { access, simplestScenario } from '../support/scenario.js';

const SIGNATURE = 'stage2/dirty.write/dirty get data at CPL0';
const ONE = simplestScenario({ steps: [access()] });
const TWO = simplestScenario({ steps: [access(), access({ op: 'store' })] });

function aCase(file: string, changes: Partial<Case> = {}, hits = 10): LoadedCase {
  const reproduction = { tries: 10, hits, freshTries: 0, freshHits: 0 };
  const value: Case = {
    schema: 1,
    kind: 'finding',
    family: 'stage2',
    title: 'divergence',
    note: '',
    signature: SIGNATURE,
    rules: [],
    scenario: ONE,
    found: { seed: 7, path: '3:1', minimized: 'as generated', profile: {}, reproduction },
    ...changes,
  };
  return { file, case: value };
}

/** `superfluous < preferred: what is the same, why`. */
function duplicates(cases: readonly LoadedCase[], gone: readonly string[] = []): string[] {
  const family = FAMILIES.get('stage2');
  if (family === undefined) throw new Error('stage2 is gone');
  const found = dedupe(cases, family, new Set(gone));
  // The order in which cases come must not matter.
  const reversed = dedupe(cases.toReversed(), family, new Set(gone));
  expect(reversed).toEqual(found);
  return found.map(({ loaded, of, same, why }) => `${loaded.file} < ${of.file}: ${same}, ${why}`);
}

describe('findings with one signature', () => {
  test('leave the simplest, then the one that comes back most often', () => {
    const cases = [aCase('rare', {}, 3), aCase('long', { scenario: TWO }), aCase('often'), aCase('other', {}, 9)];
    expect(duplicates(cases)).toEqual([
      'other < often: signature, rate',
      'rare < often: signature, rate',
      'long < often: signature, simpler',
    ]);
  });

  test('leave what still fails, even when it is not the simplest', () => {
    const cases = [aCase('short'), aCase('long', { scenario: TWO })];
    expect(duplicates(cases, ['short'])).toEqual(['short < long: signature, fails']);
    expect(duplicates(cases, ['short', 'long'])).toEqual(['long < short: signature, simpler']);
  });

  test('are told apart by their names at last', () => {
    expect(duplicates([aCase('b'), aCase('a')])).toEqual(['b < a: signature, name']);
  });

  test('are no duplicates of a pinned case with another scenario: there it came back', () => {
    expect(duplicates([aCase('pin', { kind: 'pinned' }), aCase('back', { scenario: TWO })])).toEqual([]);
  });

  test('must have one: the same title says nothing', () => {
    const by = (scenario: unknown): Partial<Case> => ({ signature: undefined, title: 'by hand', scenario });
    expect(duplicates([aCase('a', by(ONE)), aCase('b', by(TWO))])).toEqual([]);
  });
});

describe('cases with one scenario', () => {
  test('leave the pinned one, whatever the others show and are called', () => {
    const changes = { signature: 'stage2/access.load-value/load data', title: 'another', note: 'of another day' };
    const cases = [aCase('a', changes), aCase('pin', { kind: 'pinned', found: undefined })];
    expect(duplicates(cases)).toEqual(['a < pin: scenario, pinned']);
  });

  test('are found among pinned ones, too', () => {
    const cases = [aCase('p', { kind: 'pinned' }), aCase('q', { kind: 'pinned', title: 'again' })];
    expect(duplicates(cases)).toEqual(['q < p: scenario, name']);
  });

  test('are found after those with one signature: what stands for others goes only when its scenario stays', () => {
    const cases = [aCase('pin', { kind: 'pinned' }), aCase('short'), aCase('long', { scenario: TWO })];
    expect(duplicates(cases)).toEqual(['long < short: signature, simpler', 'short < pin: scenario, pinned']);
    // Here `odd` is the only one of its signature, and stays although it has the scenario of one that goes.
    const odd = aCase('odd', { scenario: TWO, signature: 'stage2/access.load-value/load data' });
    expect(duplicates([aCase('short'), aCase('long', { scenario: TWO }), odd])).toEqual([
      'long < short: signature, simpler',
    ]);
  });
});
