import { GPA, GVA } from '../../../../src/scenario/stage2/layout.js';
import type { Pte } from '../../../../src/scenario/stage2.js';
import { access } from '../../../scenario/examples.js';
import {
  done,
  entry,
  holds,
  internalError,
  inverted,
  leaf,
  mmio,
  pageFault,
  registers,
  result,
  userBit,
  word,
  type RuleCase,
  type Seen,
} from '../../support.js';

const MIXED = '0x1111222233334444';

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

const straddling = access({ op: 'store', offset: 4092, value: '0x1122334455667788' });
/** The word across the end of the first page, its upper half written. */
const halfWritten = holds('data', 0, 'initial', { 4088: (word(4088) & 0xffffffffn) | (0x55667788n << 32n) });

function lanes(...values: [bigint, bigint, bigint]): Seen {
  return { kind: 'lanes', vcpu: 0, first: 0, lanes: values };
}

export const X86_ACCESS: readonly RuleCase[] = [
  {
    rule: 'access.register-merge',
    about: 'two bytes',
    steps: [[access({ width: 2, value: MIXED }), [done({ rax: 0x1111222233335a5an })], [done({ rax: 0x5a5an })]]],
    blames: 'access.load-value',
  },
  {
    rule: 'access.register-merge',
    about: 'four bytes',
    steps: [[access({ width: 4, value: MIXED }), [done({ rax: 0x5a5an })], [done({ rax: 0x1111222200005a5an })]]],
    blames: 'access.load-value',
  },
  {
    rule: 'access.register-merge',
    about: 'sign extension',
    steps: [
      [
        access({ op: 'load_sx', width: 1, offset: 7, value: MIXED }),
        [done({ rax: 0xffffffffffffffa5n })],
        [done({ rax: 0x11112222333344a5n })],
      ],
    ],
    blames: 'access.load-value',
  },
  {
    rule: 'access.failed-compare',
    steps: [
      [
        access({ op: 'cmpxchg', comparand: 'zero', value: '0x5' }),
        [done({ rax: word() })],
        [done({ rax: 0n, rflags: 0x42 })],
      ],
    ],
    end: [[], holds('data', 0, 'initial', { 0: 5n })],
  },
  {
    rule: 'access.flags',
    steps: [[access({ op: 'lock_bts', value: '0x0' }), [done()], [done({ rflags: 3 })]]],
    end: [holds('data', 0, 'initial', { 0: word() | 1n })],
    blames: 'access.atomic-update',
  },
  {
    rule: 'access.flags',
    about: 'of a comparison that matches',
    steps: [[access({ op: 'cmpxchg', value: '0x5' }), [done({ rax: word(), rflags: 0x42 })], [done({ rax: word() })]]],
    end: [holds('data', 0, 'initial', { 0: 5n })],
    blames: 'access.atomic-update',
  },
  {
    rule: 'access.string-registers',
    steps: [[access({ op: 'movs' }), [done(), registers(8, 8)], [done()]]],
    end: [holds('data', 0, 'initial', { 0: 0n })],
  },
  {
    rule: 'access.string-registers',
    about: 'push',
    steps: [[access({ op: 'push' }), [done(), registers(0, -8)], [done()]]],
  },
  {
    rule: 'access.alignment',
    steps: [
      [
        access({ op: 'movaps_load', width: 16, offset: 8 }),
        [{ kind: 'exception', vcpu: 0, vector: 13, errorCode: 0, cr2: 0, ripOffset: 0 }],
        [done(), lanes(word(8), word(16), 0n)],
      ],
    ],
  },
  {
    rule: 'access.clflush-loads',
    steps: [[access({ op: 'clflush', width: 1, region: 'none' }), [mmio('read', GPA.none, 1, 0n), done()], [done()]]],
    blames: 'mmio.no-slot',
  },
  {
    rule: 'access.undecoded-vector',
    steps: [
      [
        access({ op: 'avx_store', width: 32, region: 'none', value: '0x1' }),
        [internalError()],
        [...[0, 1, 2, 3].map((i) => mmio('write', GPA.none + 8 * i, 8, BigInt(i + 1))), done()],
      ],
    ],
  },
  {
    rule: 'access.partial-split',
    on: ['emulated'],
    steps: [
      [takeSecondPage, [result()]],
      [straddling, [pageFault(2, GVA.data + 4096)]],
    ],
    end: [[...secondPageTaken, ...halfWritten], secondPageTaken],
    blames: 'access.store-content',
  },
  {
    rule: 'access.fault-no-effect',
    on: ['native', 'nested'],
    steps: (machine) => [
      [takeSecondPage, [result()]],
      [straddling, [pageFault(2 | userBit(machine), GVA.data + 4096), leaf(entry(0x67))]],
    ],
    end: [secondPageTaken, [...secondPageTaken, ...halfWritten]],
    blames: 'memory.untouched',
  },
  {
    rule: 'access.load-value',
    about: 'in a vector register',
    steps: [
      [
        access({ op: 'movups_load', width: 16 }),
        [done(), lanes(word(0), word(8), 0n)],
        [done(), lanes(inverted(word(0)), inverted(word(8)), 0n)],
      ],
    ],
  },
  {
    rule: 'access.atomic-update',
    steps: [[access({ op: 'lock_add', value: '0x1' }), [done({ rax: 1n })]]],
    end: [holds('data', 0, 'initial', { 0: word() + 1n }), []],
    blames: 'access.store-content',
  },
  {
    rule: 'access.prefetch-hint',
    config: { none: { pages: 1, reads: ['0x7'] } },
    steps: [[access({ op: 'prefetchw', width: 1, region: 'none' }), [done()], [mmio('read', GPA.none, 1, 7n), done()]]],
  },
  {
    rule: 'access.fetch',
    steps: (machine) => [
      [access({ op: 'fetch', width: 2, offset: 0xf80 }), [done()], [pageFault(2 | userBit(machine), GVA.trap)]],
    ],
  },
];
