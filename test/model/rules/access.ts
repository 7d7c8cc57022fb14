import { access } from '../../scenario/examples.js';
import { done, holds, inverted, word, type RuleCase } from '../support.js';

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
