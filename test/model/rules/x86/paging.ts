import { GVA } from '../../../../src/scenario/stage2/layout.js';
import type { Hole, Pte, X86Config } from '../../../../src/scenario/stage2.js';
import { access, config, uffd } from '../../../scenario/examples.js';
import {
  done,
  entry,
  holds,
  leaf,
  mmio,
  pageFault,
  result,
  signal,
  userBit,
  userfault,
  word,
  type RuleCase,
} from '../../support.js';
import { takeSecondPage } from './access.js';

const { initial, pt } = config();
const oldPage: Partial<X86Config> = { initial: { ...initial, pteA: false } };
const cleanPage: Partial<X86Config> = { initial: { ...initial, pteD: false } };
const takePage: Pte = { ...takeSecondPage, page: 0 };
const takeByGuest: Pte = { ...takePage, by: 'guest' };
const forbidWrites: Pte = { ...takePage, flag: 'writable' };
const holeInTable: Hole = { kind: 'hole', region: 'pt', page: 2, pages: 1, how: 'dontneed' };
/** Makes KVM drop what it cached, and changes nothing. */
export const dropCached: Pte = { ...takePage, level: 'pde', flag: 'accessed', set: true };
const loaded = [done({ rax: word() })];
const store = access({ op: 'store', value: '0x11' });
const stored = holds('data', 0, 'initial', { 0: 0x11n });
const taken = holds('pt', 2, 'initial', { 0: entry(0x66) });
const marked = holds('pt', 2, 'initial', { 0: entry(0x67) });

export const X86_PAGING: readonly RuleCase[] = [
  {
    rule: 'paging.accessed-set',
    config: oldPage,
    steps: [[access(), [...loaded, leaf(entry(0x67))], [...loaded, leaf(entry(0x47))]]],
    end: [marked, []],
  },
  {
    rule: 'paging.dirty-set',
    config: cleanPage,
    steps: [[store, [done(), leaf(entry(0x67))], [done(), leaf(entry(0x27))]]],
    end: [[...stored, ...marked], stored],
  },
  {
    rule: 'paging.read-keeps-dirty',
    config: cleanPage,
    steps: [[access(), [...loaded, leaf(entry(0x27))], [...loaded, leaf(entry(0x67))]]],
    end: [[], marked],
    blames: 'paging.accessed-set',
  },
  {
    rule: 'paging.fault-may-update',
    on: ['native', 'nested'],
    config: oldPage,
    steps: (machine) => {
      const fault = pageFault(userBit(machine), GVA.data + 4096);
      return [
        [takeSecondPage, [result()]],
        [access({ offset: 4092 }), [fault, leaf(entry(0x67))], [fault, leaf(entry(0x66))], [fault, leaf(entry(0x47))]],
      ];
    },
    end: [
      holds('pt', 2, 'initial', { 0: entry(0x67), 8: entry(0x46, 1) }),
      holds('pt', 2, 'initial', { 0: entry(0x67), 8: entry(0x46, 1) }),
      holds('pt', 2, 'initial', { 8: entry(0x46, 1) }),
    ],
    blames: 'paging.accessed-set',
    plant: 'refused',
  },
  {
    rule: 'paging.not-present',
    steps: (machine) => [
      [takePage, [result()]],
      [access(), [pageFault(userBit(machine), GVA.data)], loaded],
    ],
    end: [taken],
  },
  {
    rule: 'paging.write-protected',
    steps: (machine) => [
      [forbidWrites, [result()]],
      [store, [pageFault(3 | userBit(machine), GVA.data)], [done()]],
    ],
    end: [holds('pt', 2, 'initial', { 0: entry(0x65) }), [...holds('pt', 2, 'initial', { 0: entry(0x65) }), ...stored]],
  },
  {
    rule: 'paging.write-protected',
    about: 'an entry that was zeroed and made present is for the supervisor',
    on: ['native'],
    steps: [
      [holeInTable, [result()]],
      [dropCached, [result()]],
      [{ ...takePage, set: true }, [result()]],
      [access(), [pageFault(5, GVA.data)], [mmio('read', 0, 8, 0n), done()]],
    ],
    end: [holds('pt', 2, 'zero', { 0: 1n }), holds('pt', 2, 'zero', { 0: 0x21n })],
  },
  {
    rule: 'paging.table-unreadable',
    on: ['emulated', 'native'],
    config: { pt: { ...pt, uffd: uffd({ missingAnswers: ['poison'] }) } },
    steps: (machine) => {
      const message = userfault('read', 2, 'pt');
      return [
        [holeInTable, [result()]],
        [dropCached, [result()]],
        [access(), [message, pageFault(userBit(machine), GVA.data)], [message, ...loaded]],
      ];
    },
    end: [[signal('host', 2, 'pt')]],
    blames: 'paging.not-present',
  },
  {
    rule: 'paging.read-only-tables',
    on: ['emulated', 'native'],
    config: { ...oldPage, pt: { ...pt, flags: { log: false, readonly: true } } },
    steps: [[access(), [...loaded, leaf(entry(0x47))], [...loaded, leaf(entry(0x67))]]],
    end: [[], marked],
    blames: 'paging.accessed-set',
  },
  {
    rule: 'paging.guest-edit',
    on: ['native', 'nested'],
    steps: (machine) => [
      [takeByGuest, [done()]],
      [access(), [pageFault(userBit(machine), GVA.data)], loaded],
    ],
    end: [taken, []],
    blames: 'paging.not-present',
  },
  {
    rule: 'paging.guest-edit-emulated',
    on: ['emulated'],
    steps: [
      [{ ...takeByGuest, flush: false }, [done()]],
      [access(), [pageFault(0, GVA.data)], loaded],
    ],
    end: [taken, []],
    blames: 'paging.not-present',
  },
  {
    rule: 'paging.host-edit',
    steps: (machine) => [
      [takePage, [result()]],
      [access(), [pageFault(userBit(machine), GVA.data)], loaded],
    ],
    end: [taken, []],
    blames: 'paging.not-present',
  },
  {
    rule: 'paging.table-hole',
    steps: (machine) => [
      [holeInTable, [result()]],
      [dropCached, [result()]],
      [access(), [pageFault(userBit(machine), GVA.data)], loaded],
    ],
    end: [holds('pt', 2, 'zero'), []],
    blames: 'paging.not-present',
  },
  {
    rule: 'paging.stale-translation',
    on: ['native', 'nested'],
    steps: (machine) => [
      [{ ...takeByGuest, flush: false }, [done()]],
      [access(), loaded, undefined, [pageFault(userBit(machine), GVA.data)]],
    ],
    plant: 'open',
  },
  {
    rule: 'paging.other-entries',
    config: oldPage,
    steps: [[access(), loaded]],
    end: [
      marked,
      [...holds('pt', 0, 'zero'), ...holds('pt', 1, 'zero'), ...holds('pt', 2, 'zero', { 0: entry(0x67) })],
    ],
  },
];
