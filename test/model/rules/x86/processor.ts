/** Rules on which x86 machines differ: what the processor makes of an instruction, and how KVM shadows or nests page tables. */
import { GPA, GVA } from '../../../../src/scenario/stage2/layout.js';
import type { Hole, Pte, X86Config } from '../../../../src/scenario/stage2.js';
import { access, config, uffd } from '../../../scenario/examples.js';
import { profile } from '../../../arbitraries/profiles.js';
import {
  done,
  entry,
  holds,
  internalError,
  leaf,
  mmio,
  pageFault,
  result,
  signal,
  userBit,
  userfault,
  word,
  type RuleCase,
  type Seen,
} from '../../support.js';
import { secondPageTaken, takeSecondPage } from './access.js';

const { data, pt, initial } = config();
const missing: Partial<X86Config> = { data: { ...data, uffd: uffd() } };
const none: Partial<X86Config> = { none: { pages: 1, reads: ['0x7'] } };
const oldUpper: Partial<X86Config> = { initial: { ...initial, pdpteA: false } };
const hole: Hole = { kind: 'hole', region: 'data', page: 0, pages: 1, how: 'dontneed' };
const holeInTable: Hole = { ...hole, region: 'pt', page: 2 };
const takePage: Pte = { ...takeSecondPage, page: 0 };
const takeByGuest: Pte = { ...takePage, by: 'guest', flush: false };
const loaded = done({ rax: word() });
const add = access({ op: 'lock_add', value: '0x1' });
const added = holds('data', 0, 'copy', { 0: word(0, 0, 'copy') + 1n });
const invalidOpcode: Seen = { kind: 'exception', vcpu: 0, vector: 6, errorCode: undefined, cr2: 0, ripOffset: 0 };

const { ops } = profile();
/** KVM fails to emulate for the guest's user alone. */
const failsForUser = { ...ops, fetch: { ...ops.fetch, user: { memory: 'runs', mmio: 'invalid_opcode' } } } as const;

export const X86_PROCESSOR: readonly RuleCase[] = [
  {
    rule: 'access.clflush-idle',
    on: ['native', 'nested'],
    profile: { clflushLoads: false },
    config: none,
    steps: [[access({ op: 'clflush', width: 1, region: 'none' }), [done()], [mmio('read', GPA.none, 1, 7n), done()]]],
  },
  {
    rule: 'access.update-reads-first',
    on: ['native', 'nested'],
    profile: { atomicFaults: 'read_first' },
    config: missing,
    steps: [
      [hole, [result()]],
      [add, [userfault('read'), done({ rax: 1n })], [userfault('write'), done({ rax: 1n })]],
    ],
    end: [added],
    blames: 'uffd.missing',
  },
  {
    rule: 'access.update-reads-first',
    about: 'through an absent entry',
    on: ['native', 'nested'],
    profile: { atomicFaults: 'read_first' },
    steps: (machine) => [
      [takePage, [result()]],
      [add, [pageFault(userBit(machine), GVA.data)], [pageFault(2 | userBit(machine), GVA.data)]],
    ],
    end: [holds('pt', 2, 'initial', { 0: entry(0x66) })],
    blames: 'paging.not-present',
  },
  {
    rule: 'access.update-writes-at-once',
    on: ['native', 'nested'],
    config: missing,
    steps: [
      [hole, [result()]],
      [add, [userfault('write'), done({ rax: 1n })], [userfault('read'), done({ rax: 1n })]],
    ],
    end: [added],
    blames: 'uffd.missing',
  },
  {
    rule: 'access.torn-store',
    on: ['native', 'nested'],
    profile: { storesAtOnce: 8 },
    steps: (machine) => [
      [takeSecondPage, [result()]],
      [
        access({ op: 'avx_store', width: 32, offset: 4076, value: '0x5' }),
        [pageFault(2 | userBit(machine), GVA.data + 4096), leaf(entry(0x67))],
      ],
    ],
    // Two of the three parts that begin on the first page end there.
    end: [[...secondPageTaken, ...holds('data', 0, 'initial', tornWords())], secondPageTaken],
    blames: 'access.store-content',
  },
  {
    rule: 'access.undecoded',
    on: ['emulated'],
    steps: [
      [
        access({ op: 'cmpxchg16b', width: 16, value: '0x1' }),
        [internalError()],
        [done({ rax: word(), rdx: word(8), rflags: 0x42 })],
      ],
    ],
    end: [[], holds('data', 0, 'initial', { 0: 1n, 8: 2n })],
  },
  {
    rule: 'access.undecoded-user',
    on: ['native'],
    profile: { ops: failsForUser },
    steps: [[access({ op: 'fetch', width: 2, offset: 0xf80, region: 'none' }), [invalidOpcode], [internalError()]]],
    blames: 'mmio.fetch',
  },
  {
    rule: 'mmio.cached-before-rights',
    on: ['native'],
    profile: { mmioBeforeRights: true },
    steps: [
      [{ ...takePage, region: 'none', flag: 'writable' }, [result()]],
      [access({ op: 'avx_store', width: 32, region: 'none' }), [internalError()], undefined, [pageFault(7, GVA.none)]],
    ],
    plant: 'open',
  },
  {
    rule: 'mmio.address-of-fault',
    on: ['nested'],
    profile: { atomicFaults: 'read_first' },
    config: none,
    steps: [
      [{ ...takePage, region: 'none', flag: 'writable' }, [result()]],
      [
        access({ op: 'xchg', region: 'none', value: '0x1' }),
        [mmio('read', GPA.none, 8, 7n), mmio('write', GPA.none, 8, 1n), done({ rax: 7n })],
        [mmio('read', GPA.none, 8, 7n), pageFault(3, GVA.none)],
      ],
    ],
    end: [holds('pt', 6, 'initial', { 0: BigInt(GPA.none + 0x65) })],
    blames: 'mmio.update',
  },
  {
    rule: 'paging.walk-may-access',
    on: ['nested'],
    config: oldUpper,
    steps: [
      [takePage, [result()]],
      [access(), [pageFault(0, GVA.data), upper(0x27)], undefined, [pageFault(0, GVA.data), upper(0x7)]],
    ],
    end: [holds('pt', 2, 'initial', { 0: entry(0x66) })],
    plant: 'open',
  },
  {
    rule: 'paging.table-faults-nested',
    on: ['nested'],
    config: { pt: { ...pt, uffd: uffd({ missingAnswers: ['poison'] }) } },
    steps: [
      [holeInTable, [result()]],
      [
        access(),
        [userfault('write', 2, 'pt'), signal(0, 2, 'pt')],
        [userfault('write', 2, 'pt'), pageFault(0, GVA.data)],
      ],
    ],
    end: [[signal('host', 2, 'pt')]],
    blames: 'uffd.poison',
  },
  {
    rule: 'paging.table-hole',
    about: 'at the next walk through nested page tables',
    on: ['nested'],
    steps: [
      [access(), [loaded]],
      [{ ...takeByGuest, flag: 'writable' }, [done()]],
      [holeInTable, [result()]],
      [access(), [pageFault(0, GVA.data)], [loaded]],
    ],
    end: [holds('pt', 2, 'zero'), []],
    blames: 'paging.not-present',
  },
  {
    rule: 'paging.shadow-stale',
    on: ['native'],
    steps: [
      [access(), [loaded]],
      [holeInTable, [result()]],
      [access(), [loaded], undefined, [pageFault(4, GVA.data)]],
    ],
    plant: 'open',
  },
  {
    rule: 'ring.emulated-push',
    on: ['emulated'],
    config: { dirtyTracking: 'ring', data: { ...data, flags: { log: true, readonly: false } } },
    profile: { ringSoftLimit: 2 },
    steps: [
      ...[0, 1].map(() => [access({ op: 'store', value: '0x11' }), [done()]] as const),
      [access(), [{ kind: 'ring_full', vcpu: 0 }], [loadedAfter()]],
    ],
    end: [holds('data', 0, 'initial', { 0: 0x11n })],
    blames: 'ring.full',
  },
];

function loadedAfter(): Seen {
  return done({ rax: 0x11n });
}

/** The entries of the first data page with these bits in the PDPT entry, which is what can differ. */
function upper(bits: number): Seen {
  const pdpte = BigInt(GPA.pt + 4096 + bits);
  return { kind: 'ptes', vcpu: 0, region: 'data', page: 0, entries: { pte: undefined, pde: undefined, pdpte } };
}

/** Words 4072 to 4095 of the first page after the first sixteen bytes of a store at 4076. */
function tornWords(): Record<number, bigint> {
  return {
    4072: (word(4072) & 0xffffffffn) | (5n << 32n),
    4080: 6n << 32n,
    4088: word(4088) & ~0xffffffffn,
  };
}
