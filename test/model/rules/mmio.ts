import { GPA } from '../../../src/scenario/stage2/layout.js';
import type { Hole, X86Config } from '../../../src/scenario/stage2.js';
import { access, config, uffd } from '../../scenario/examples.js';
import {
  done,
  holds,
  inverted,
  mmio,
  result,
  signal,
  userfault,
  word,
  type RuleCase,
  ON_PROCESSOR,
} from '../support.js';

const seven: Partial<X86Config> = { none: { pages: 2, reads: ['0x7'] } };
const readonly: Partial<X86Config> = {
  ...seven,
  data: { ...config().data, flags: { log: false, readonly: true } },
};
const hole: Hole = { kind: 'hole', region: 'data', page: 0, pages: 1, how: 'dontneed' };
const store = access({ op: 'store', value: '0x11' });
const storeNone = access({ op: 'store', value: '0x11', region: 'none' });

export const MMIO: readonly RuleCase[] = [
  { rule: 'mmio.no-slot', steps: [[storeNone, [mmio('write', GPA.none, 8, 0x11n), done()], [done()]]] },
  {
    rule: 'mmio.write-data',
    steps: [
      [storeNone, [mmio('write', GPA.none, 8, 0x11n), done()], [mmio('write', GPA.none, 8, inverted(0x11n)), done()]],
    ],
    blames: 'mmio.no-slot',
  },
  {
    rule: 'mmio.read-data',
    config: seven,
    steps: [
      [
        access({ region: 'none' }),
        [mmio('read', GPA.none, 8, 7n), done({ rax: 7n })],
        [mmio('read', GPA.none, 8, 7n), done({ rax: inverted(7n) })],
      ],
    ],
    blames: 'access.load-value',
  },
  {
    rule: 'readonly.write-exits',
    config: readonly,
    steps: [[store, [mmio('write', GPA.data, 8, 0x11n), done()], [done()]]],
    end: [[], holds('data', 0, 'initial', { 0: 0x11n })],
  },
  {
    rule: 'readonly.keeps-memory',
    config: readonly,
    steps: [[store, [mmio('write', GPA.data, 8, 0x11n), done()]]],
    end: [[], holds('data', 0, 'initial', { 0: 0x11n })],
    blames: 'memory.untouched',
  },
  {
    rule: 'readonly.reads-memory',
    config: readonly,
    steps: [[access(), [done({ rax: word() })], [mmio('read', GPA.data, 8, 7n), done({ rax: 7n })]]],
    blames: 'access.load-value',
  },
  {
    rule: 'readonly.poison-address',
    on: ON_PROCESSOR,
    config: {
      data: { ...config().data, flags: { log: false, readonly: true }, uffd: uffd({ missingAnswers: ['poison'] }) },
    },
    steps: [
      [hole, [result()]],
      [access(), [userfault('read'), signal(0)], [userfault('read'), signal(0, 0, 'pt')]],
    ],
    end: [[signal('host')]],
  },
  {
    rule: 'readonly.no-userfault-on-write',
    config: { data: { ...config().data, flags: { log: false, readonly: true }, uffd: uffd() } },
    steps: [
      [hole, [result()]],
      [
        store,
        [mmio('write', GPA.data, 8, 0x11n), done()],
        [userfault('write'), mmio('write', GPA.data, 8, 0x11n), done()],
      ],
    ],
    end: [holds('data', 0, 'zero'), holds('data', 0, 'copy')],
    blames: 'uffd.no-message',
  },
];
