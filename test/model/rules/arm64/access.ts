import { ARM_GVA } from '../../../../src/scenario/stage2/arch.js';
import { GPA } from '../../../../src/scenario/stage2/layout.js';
import type { ArmConfig, Hole } from '../../../../src/scenario/stage2.js';
import { armAccess, armConfig, uffd } from '../../../scenario/examples.js';
import {
  done,
  entry,
  holds,
  inverted,
  leaf,
  mmio,
  registers,
  result,
  userfault,
  word,
  type Machine,
  type RuleCase,
  type Seen,
} from '../../support.js';
import {
  dataAbort,
  exception,
  leafBits,
  MAINTENANCE,
  runError,
  STATUS,
  takePage,
  takeSecondPage,
  WRITE,
} from './words.js';

const { data, initial } = armConfig();
const oldPage: Partial<ArmConfig> = { initial: { ...initial, af: false } };
const answered: Partial<ArmConfig> = { none: { pages: 1, reads: ['0x80'] } };
const registered: Partial<ArmConfig> = { data: { ...data, uffd: uffd() } };
const hole: Hole = { kind: 'hole', region: 'data', page: 0, pages: 1, how: 'dontneed' };
const copied = done({ rax: word(0, 0, 'copy') });
const swap = armAccess({ op: 'swp', value: '0x11' });
const straddling = armAccess({ op: 'str', offset: 4092, value: '0x1122334455667788' });
/** The word across the end of the first page, its upper half written. */
const halfWritten = { 4088: (word(4088) & 0xffffffffn) | (0x55667788n << 32n) };
/** PAR_EL1 of the first data page, with attributes that nobody predicts. */
const translated = BigInt(GPA.data) | 0xff00000000000b80n;
const UNDEFINED = 0x02000000;

function lanes(...values: [bigint, bigint]): Seen {
  return { kind: 'lanes', vcpu: 0, first: 0, lanes: [...values, 0n] };
}

function marked(machine: Machine, af: boolean): Seen[] {
  return af ? holds('pt', 2, 'initial', { 0: entry(leafBits(machine)) }) : [];
}

/** What taking the second page leaves in the page tables. */
function secondTaken(machine: Machine): Seen[] {
  return holds('pt', 2, 'initial', { 8: entry(leafBits(machine, { valid: false }), 1) });
}

export const ARM_ACCESS: readonly RuleCase[] = [
  {
    rule: 'access.load-value',
    about: 'in a vector register',
    steps: [
      [
        armAccess({ op: 'ldr_q', width: 16 }),
        [done(), lanes(word(0), word(8))],
        [done(), lanes(inverted(word(0)), inverted(word(8)))],
      ],
    ],
  },
  {
    rule: 'access.load-value',
    about: 'in a pair of registers',
    steps: [
      [
        armAccess({ op: 'ldp', width: 16, offset: 8 }),
        [done({ rax: word(8), rdx: word(16) })],
        [done({ rax: inverted(word(8)), rdx: inverted(word(16)) })],
      ],
    ],
  },
  {
    rule: 'access.atomic-update',
    steps: [[armAccess({ op: 'ldadd', value: '0x1' }), [done({ rax: word() })]]],
    end: [holds('data', 0, 'initial', { 0: word() + 1n }), []],
    blames: 'access.store-content',
  },
  {
    rule: 'access.prefetch-hint',
    steps: [[armAccess({ op: 'prfm', width: 1, region: 'none' }), [done()], [runError(38)]]],
  },
  {
    rule: 'access.fetch',
    steps: [[armAccess({ op: 'blr', width: 4, offset: 0xf80 }), [done()], [exception(UNDEFINED, 0)]]],
  },
  {
    rule: 'arm.register-extend',
    about: 'with the sign',
    steps: [
      [armAccess({ op: 'ldrs', width: 1, offset: 7 }), [done({ rax: 0xffffffffffffffa5n })], [done({ rax: 0xa5n })]],
    ],
    blames: 'access.load-value',
  },
  {
    rule: 'arm.register-extend',
    about: 'with the sign in 32 bits',
    steps: [[armAccess({ op: 'ldrs_w', width: 1, offset: 7 }), [done({ rax: 0xffffffa5n })], [done({ rax: 0xa5n })]]],
    blames: 'access.load-value',
  },
  {
    rule: 'arm.register-extend',
    about: 'with zeroes',
    steps: [[armAccess({ width: 1, offset: 7 }), [done({ rax: 0xa5n })], [done({ rax: 0xffffffffffffffa5n })]]],
    blames: 'access.load-value',
  },
  {
    rule: 'arm.register-extend',
    about: 'of what userspace answers',
    config: answered,
    steps: [
      [
        armAccess({ op: 'ldrs', width: 1, region: 'none' }),
        [mmio('read', GPA.none, 1, 0x80n), done({ rax: 0xffffffffffffff80n })],
        [mmio('read', GPA.none, 1, 0x80n), done({ rax: 0x80n })],
      ],
    ],
  },
  {
    rule: 'arm.write-back',
    steps: [[armAccess({ op: 'ldr_pre' }), [done({ rax: word() }), registers(16, 0)], [done({ rax: word() })]]],
  },
  {
    rule: 'arm.atomic-old-value',
    steps: [[swap, [done({ rax: word() })], [done({ rax: inverted(word()) })]]],
    end: [holds('data', 0, 'initial', { 0: 0x11n })],
  },
  {
    rule: 'arm.failed-compare',
    steps: [[armAccess({ op: 'cas', comparand: 'zero', value: '0x5' }), [done({ rax: word() })]]],
    end: [[], holds('data', 0, 'initial', { 0: 5n })],
    blames: 'access.store-content',
  },
  {
    rule: 'arm.exclusive',
    steps: [
      [
        armAccess({ op: 'stxr', value: '0x11' }),
        [done({ rax: word(), rflags: 0 })],
        [done({ rax: word(), rflags: 1 })],
      ],
    ],
    end: [holds('data', 0, 'initial', { 0: 0x11n })],
  },
  {
    rule: 'arm.zero-block',
    steps: [[armAccess({ op: 'dc_zva', width: 64 }), [done()]]],
    end: [holds('data', 0, 'initial', Object.fromEntries([0, 8, 16, 24, 32, 40, 48, 56].map((at) => [at, 0n]))), []],
    blames: 'access.store-content',
  },
  {
    rule: 'arm.at-result',
    on: ['el1'],
    steps: [
      [armAccess({ op: 'at_s1e1r', width: 1 }), [done({ rax: translated })], [done({ rax: inverted(translated) })]],
    ],
  },
  {
    rule: 'arm.at-result',
    about: 'of a fault',
    on: ['el1'],
    steps: [
      [takePage, [result()]],
      [armAccess({ op: 'at_s1e1w', width: 1 }), [done({ rax: 0x80fn })], [done({ rax: inverted(0x80fn) })]],
    ],
    end: [holds('pt', 2, 'initial', { 0: entry(0x706) })],
  },
  ...[true, false].map((sets): RuleCase => {
    const at = (af: boolean): Seen[] => [done({ rax: translated }), leaf(entry(af ? 0x707 : 0x307))];
    return {
      rule: 'arm.at-access-flag',
      about: sets ? 'that sets it' : 'that leaves it',
      on: ['el1'],
      config: oldPage,
      profile: { atSetsAccessFlag: sets },
      steps: [[armAccess({ op: 'at_s1e1r', width: 1 }), at(sets), at(!sets)]],
      end: [marked('el1', sets), marked('el1', !sets)],
      blames: 'arm.access-flag-set',
    };
  }),
  {
    rule: 'arm.prefetch-may-translate',
    on: ['el1'],
    config: oldPage,
    steps: [
      [
        armAccess({ op: 'prfm', width: 1 }),
        [done(), leaf(entry(0x707))],
        [done(), leaf(entry(0x706))],
        [done(), leaf(entry(0x307))],
      ],
    ],
    end: [marked('el1', true), marked('el1', true), []],
    blames: 'arm.access-flag-set',
    plant: 'refused',
  },
  {
    rule: 'arm.cache-maintenance',
    on: ['el1'],
    steps: [
      [takePage, [result()]],
      [armAccess({ op: 'dc_civac', width: 1 }), [dataAbort('el1', STATUS.translation | 3 | MAINTENANCE)], [done()]],
    ],
    end: [holds('pt', 2, 'initial', { 0: entry(leafBits('el1', { valid: false })) })],
    blames: 'arm.translation-fault',
  },
  {
    rule: 'arm.cache-maintenance',
    about: 'is skipped where no memory is',
    on: ['el1'],
    config: oldPage,
    steps: [
      [
        armAccess({ op: 'dc_cvac', width: 1, region: 'none' }),
        [
          done(),
          {
            kind: 'ptes',
            vcpu: 0,
            region: 'none',
            page: 0,
            entries: { pte: BigInt(GPA.none + 0x707), pde: undefined, pdpte: undefined },
          },
        ],
        [
          done(),
          {
            kind: 'ptes',
            vcpu: 0,
            region: 'none',
            page: 0,
            entries: { pte: BigInt(GPA.none + 0x307), pde: undefined, pdpte: undefined },
          },
        ],
      ],
    ],
    end: [holds('pt', 6, 'initial', { 0: BigInt(GPA.none + 0x707) }), []],
    blames: 'arm.access-flag-set',
  },
  {
    rule: 'arm.cache-maintenance-idle',
    on: ['el0'],
    steps: [
      [takePage, [result()]],
      [armAccess({ op: 'dc_civac', width: 1 }), [done()], [dataAbort('el0', STATUS.translation | 3 | MAINTENANCE)]],
    ],
    end: [holds('pt', 2, 'initial', { 0: entry(leafBits('el0', { valid: false })) })],
  },
  {
    rule: 'arm.cache-maintenance-write',
    about: 'of a hole, which is not mapped',
    on: ['el1'],
    config: registered,
    steps: [
      [hole, [result()]],
      [armAccess({ op: 'dc_civac', width: 1 }), [userfault('write'), done()], [userfault('read'), done()]],
    ],
    end: [holds('data', 0, 'copy')],
    blames: 'uffd.missing',
  },
  {
    rule: 'arm.cache-maintenance-write',
    about: 'on a read-only slot, if the page is not mapped',
    on: ['el1'],
    config: { data: { ...data, flags: { log: false, readonly: true } } },
    steps: [[armAccess({ op: 'dc_civac', width: 1 }), [runError(38)], [runError(14)], [done()]]],
    blames: 'arm.cache-maintenance',
    plant: 'refused',
  },
  {
    rule: 'arm.partial-store',
    on: ['el1'],
    steps: (machine) => [
      [takeSecondPage, [result()]],
      [straddling, [dataAbort(machine, STATUS.translation | 3 | WRITE, ARM_GVA.data + 4096)]],
    ],
    end: [
      [...secondTaken('el1'), ...holds('data', 0, 'initial', halfWritten)],
      [...secondTaken('el1'), ...holds('data', 0, 'initial', { 4088: ~halfWritten[4088] & 0xffffffffffffffffn })],
      secondTaken('el1'),
    ],
    blames: 'access.store-content',
    plant: 'refused',
  },
  {
    rule: 'arm.atomic-reads-first',
    on: ['el1'],
    config: registered,
    steps: [
      [hole, [result()]],
      [swap, [userfault('read'), copied], [userfault('write'), copied]],
    ],
    end: [holds('data', 0, 'copy', { 0: 0x11n })],
    blames: 'uffd.missing',
  },
  {
    rule: 'arm.atomic-writes-at-once',
    on: ['el0'],
    config: registered,
    steps: [
      [hole, [result()]],
      [swap, [userfault('write'), copied], [userfault('read'), copied]],
    ],
    end: [holds('data', 0, 'copy', { 0: 0x11n })],
    blames: 'uffd.missing',
  },
];
