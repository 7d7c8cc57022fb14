import { GPA } from '../../../../src/scenario/stage2/layout.js';
import type { Host, X86Config } from '../../../../src/scenario/stage2.js';
import { access, config } from '../../../scenario/examples.js';
import { done, holds, internalError, mmio, registers, result, word, type RuleCase } from '../../support.js';

const seven: Partial<X86Config> = { none: { pages: 2, reads: ['0x7'] } };
const readonly: Partial<X86Config> = {
  ...seven,
  data: { ...config().data, flags: { log: false, readonly: true } },
};
const protectSecond: Host = { kind: 'host', action: 'mprotect', region: 'data', page: 1, pages: 1, prot: 'none' };

export const X86_MMIO: readonly RuleCase[] = [
  {
    rule: 'mmio.split-at-page',
    config: seven,
    steps: [
      [
        access({ op: 'store', region: 'none', offset: 4092, value: '0x1122334455667788' }),
        [mmio('write', GPA.none + 4092, 4, 0x55667788n), mmio('write', GPA.none + 4096, 4, 0x11223344n), done()],
        [
          mmio('write', GPA.none + 4092, 8, 0x1122334455667788n),
          mmio('write', GPA.none + 4096, 8, 0x1122334455667788n),
          done(),
        ],
      ],
    ],
    blames: 'mmio.no-slot',
  },
  {
    rule: 'mmio.split-at-page',
    about: 'only the part without memory exits',
    on: ['emulated'],
    steps: [
      [protectSecond, [result()]],
      [
        access({ op: 'store', offset: 4092, value: '0x1122334455667788' }),
        [mmio('write', GPA.data + 4096, 4, 0x11223344n), done()],
        [mmio('write', GPA.data + 4096, 8, 0x1122334455667788n), done()],
      ],
    ],
    end: [holds('data', 0, 'initial', { 4088: (word(4088) & 0xffffffffn) | (0x55667788n << 32n) })],
    blames: 'host.protection-emulated',
  },
  {
    rule: 'mmio.chunks',
    steps: [
      [
        access({ op: 'movups_store', width: 16, region: 'none', value: '0x1' }),
        [mmio('write', GPA.none, 8, 1n), mmio('write', GPA.none + 8, 8, 2n), done()],
        [mmio('write', GPA.none, 16, 1n | (2n << 64n)), done()],
      ],
    ],
    blames: 'mmio.no-slot',
  },
  {
    rule: 'mmio.update',
    config: seven,
    steps: [
      [
        access({ op: 'cmpxchg', region: 'none', comparand: 'zero', value: '0x5' }),
        [mmio('read', GPA.none, 8, 7n), mmio('write', GPA.none, 8, 7n), done({ rax: 7n })],
        [mmio('read', GPA.none, 8, 7n), done({ rax: 7n })],
      ],
    ],
  },
  {
    rule: 'mmio.rep',
    steps: [
      [
        access({ op: 'rep_stos', count: 2, region: 'none', value: '0x11' }),
        [mmio('write', GPA.none, 8, 0x11n), mmio('write', GPA.none + 8, 8, 0x11n), done(), registers(16, 0)],
        [mmio('write', GPA.none, 8, 0x11n), done(), registers(16, 0)],
      ],
    ],
    blames: 'mmio.no-slot',
  },
  {
    rule: 'mmio.fetch',
    steps: [[access({ op: 'fetch', width: 2, region: 'none', offset: 0xf80 }), [internalError()], [done()]]],
  },
  {
    rule: 'readonly.update',
    config: readonly,
    steps: [
      [
        access({ op: 'lock_add', value: '0x1' }),
        [mmio('write', GPA.data, 8, word() + 1n), done({ rax: 1n })],
        [done({ rax: 1n })],
      ],
    ],
  },
];
