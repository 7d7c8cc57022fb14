import type { Pte } from '../../../src/scenario/stage2.js';
import { access } from '../../scenario/examples.js';
import { done, entry, holds, inverted, word, type RuleCase } from '../support.js';

/** The host takes the second data page away. */
export const takeSecondPage: Pte = {
  kind: 'pte',
  region: 'data',
  page: 1,
  level: 'pte',
  flag: 'present',
  set: false,
  by: 'host',
  vcpu: 0,
  flush: true,
};
/** What that leaves in the page tables. */
export const secondPageTaken = holds('pt', 2, 'initial', { 8: entry(0x66, 1) });

export const ACCESS: readonly RuleCase[] = [
  {
    rule: 'access.load-value',
    steps: [[access({ offset: 16 }), [done({ rax: word(16) })], [done({ rax: inverted(word(16)) })]]],
  },
  {
    rule: 'access.store-content',
    steps: [[access({ op: 'store', offset: 8, value: '0x11' }), [done()]]],
    end: [holds('data', 0, 'initial', { 8: 0x11n }), []],
  },
];
