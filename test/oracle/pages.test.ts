import { describe, expect, test } from 'vitest';
import type { ExpectedPage } from '../../src/model/expectation.js';
import { holds, observe, type Seen } from '../model/support.js';
import { exact, expectation, mismatches, page } from './support.js';

function brokenPages(pages: readonly ExpectedPage[], seen: readonly Seen[], openPages = false): string[] {
  const expected = expectation([], { pages, openPages });
  return mismatches(expected, observe([], seen)).map(({ rule, observed }) => `${rule}: ${observed}`);
}

/** What a page holds when its first words count up from 100. */
function counted(words: number): Record<number, bigint> {
  return Object.fromEntries(Array.from({ length: words }, (_, i) => [8 * i, 100n + BigInt(i)]));
}

describe('pages that nothing should have changed', () => {
  test('are not reported', () => {
    expect(brokenPages([], [])).toEqual([]);
  });

  test('break the rule about them, with the first word or the base', () => {
    expect(brokenPages([], holds('data', 3, 'initial', { 16: 9n }))).toEqual(['rule.untouched: data[3]+16 holds 0x9']);
    expect(brokenPages([], holds('data', 3, 'zero'))).toEqual(['rule.untouched: data[3] holds zero']);
  });

  test('may hold anything when the model leaves memory open', () => {
    expect(brokenPages([], holds('data', 3, 'zero', { 8: 1n }), true)).toEqual([]);
  });
});

describe('the base of a page', () => {
  test('is one of those that are allowed', () => {
    const either = page({ bases: ['initial', 'zero'] });
    expect(brokenPages([either], [])).toEqual([]);
    expect(brokenPages([either], holds('data', 0, 'zero'))).toEqual([]);
    expect(brokenPages([either], holds('data', 0, 'copy'))).toEqual(['rule.page: it holds copy']);
  });

  test('is the initial one where the page was not reported', () => {
    expect(brokenPages([page({ bases: ['zero'] })], [])).toEqual(['rule.page: it holds initial']);
  });

  test('may change word by word when several are allowed', () => {
    const either = page({ bases: ['initial', 'zero'] });
    expect(brokenPages([either], holds('data', 0, 'initial', { 8: 0n, 24: 0n }))).toEqual([]);
    expect(brokenPages([either], holds('data', 0, 'initial', { 8: 0n, 24: 5n }))).toEqual(['rule.page: it holds 0x5']);
  });

  test('does not matter where it holds the same', () => {
    const same = page({ bases: ['copy'], fill: () => 4n });
    expect(brokenPages([same], [])).toEqual([]);
  });
});

describe('words that were written', () => {
  const written = page({ words: new Map([[8, exact(5n)]]) });

  test('are there', () => {
    expect(brokenPages([written], holds('data', 0, 'initial', { 8: 5n }))).toEqual([]);
  });

  test('are missed when the page was not reported', () => {
    expect(brokenPages([written], [])).toEqual(['rule.page: it holds 0x1']);
  });

  test('are the only ones', () => {
    expect(brokenPages([written], holds('data', 0, 'initial', { 8: 5n, 16: 5n }))).toEqual(['rule.page: it holds 0x5']);
  });

  test('need not be reported when they are what the base holds', () => {
    expect(brokenPages([page({ words: new Map([[8, exact(1n)]]) })], [])).toEqual([]);
  });

  test('are compared in the bits that are known', () => {
    const partly = page({ words: new Map([[8, { value: 0x50n, known: 0xf0n }]]) });
    expect(brokenPages([partly], holds('data', 0, 'initial', { 8: 0x5fn }))).toEqual([]);
    expect(brokenPages([partly], holds('data', 0, 'initial', { 8: 0x6fn }))).toEqual(['rule.page: it holds 0x6f']);
  });
});

describe('more than 64 words that differ', () => {
  const words = new Map(Array.from({ length: 100 }, (_, i) => [8 * i, exact(100n + BigInt(i))] as const));
  const many = page({ words });
  const listed = ([head, ...rest]: Seen[]): Seen[] => [{ ...head, differing: 100 } as Seen, ...rest];

  test('are compared as far as they are listed', () => {
    expect(brokenPages([many], listed(holds('data', 0, 'initial', counted(64))))).toEqual([]);
  });

  test('a wrong one among those listed is found', () => {
    const wrong = { ...counted(64), 256: 7n };
    expect(brokenPages([many], listed(holds('data', 0, 'initial', wrong)))).toEqual(['rule.page: it holds 0x7']);
  });

  test('with fewer than 64, a word that is not listed holds the base', () => {
    expect(brokenPages([many], holds('data', 0, 'initial', counted(63)))).toEqual(['rule.page: it holds 0x1']);
  });
});

test('each page is told apart', () => {
  const first = page({ words: new Map([[0, exact(5n)]]) });
  const second = page({ page: 1, rule: 'rule.second', bases: ['zero'] });
  const seen = [...holds('data', 0, 'initial', { 0: 5n }), ...holds('data', 1, 'copy'), ...holds('pt', 0, 'zero')];
  expect(brokenPages([first, second], seen)).toEqual([
    'rule.second: it holds copy',
    'rule.untouched: pt[0] holds zero',
  ]);
});
