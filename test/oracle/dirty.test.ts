import { describe, expect, test } from 'vitest';
import type { Expected } from '../../src/model/expectation.js';
import { dirty, result as seenResult, ringEntry, type Seen } from '../model/support.js';
import { broken, outcome, pages, result } from './support.js';

/** Pages 0 and 70 must be dirty, page 1 may. */
const wanted = pages([0, 70], [1]);
const log: Expected = { kind: 'dirty', region: 'data', pages: wanted };
const second: Seen = { kind: 'dirty_word', vcpu: 'host', region: 'data', index: 1, bits: 1n << 6n };

describe('a dirty log', () => {
  test.each([
    ['all that must be', [dirty(1n), second], []],
    ['also what may be', [dirty(3n), second], []],
    ['words in another order', [second, dirty(1n)], []],
    ['a page missing', [dirty(1n)], ['rule.must']],
    ['nothing', [], ['rule.must']],
    ['what may be without what must', [dirty(2n), second], ['rule.must']],
    ['a page too many', [dirty(5n), second], ['rule.else']],
    ['a page too many in another word', [dirty(1n), { ...second, bits: 3n << 6n }], ['rule.else']],
    ['one too many and one too few: the missing one comes first', [dirty(4n), second], ['rule.must']],
  ] satisfies [string, Seen[], string[]][])('%s', (_name, seen, rules) => {
    expect(broken(outcome(result(), log), [seenResult(), ...seen])).toEqual(rules);
  });

  test('of one slot says nothing of another', () => {
    const other: Expected = { kind: 'dirty', region: 'pt', pages: pages([2]) };
    expect(broken(outcome(log, other), [dirty(1n), second, dirty(4n, 'pt')])).toEqual([]);
    expect(broken(outcome(log, other), [dirty(1n), second, dirty(4n)])).toEqual(['rule.else', 'rule.must']);
  });
});

describe('a harvest of the rings', () => {
  const ring: Expected = { kind: 'ring', regions: { data: pages([0], [1]), pt: pages([]) } };
  const harvest = outcome(ring, result());

  test.each([
    ['each page once', [ringEntry(0)], []],
    ['a page twice, from either vCPU', [ringEntry(0), { ...ringEntry(0), vcpu: 1 }], []],
    ['what may be', [ringEntry(1), ringEntry(0)], []],
    ['a page missing', [ringEntry(1)], ['rule.must']],
    ['a page too many', [ringEntry(0), ringEntry(2)], ['rule.else']],
    ['a page of another slot', [ringEntry(0), { ...ringEntry(0), region: 'pt' } as Seen], ['rule.else']],
  ] satisfies [string, Seen[], string[]][])('%s', (_name, seen, rules) => {
    expect(broken(harvest, [...seen, seenResult()])).toEqual(rules);
  });
});
