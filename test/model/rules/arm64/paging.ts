import { ARM_GVA } from '../../../../src/scenario/stage2/arch.js';
import { GPA } from '../../../../src/scenario/stage2/layout.js';
import type { ArmConfig } from '../../../../src/scenario/stage2.js';
import { armAccess, armConfig, uffd } from '../../../scenario/examples.js';
import { done, entry, holds, leaf, result, userfault, word, type RuleCase, type Seen } from '../../support.js';
import {
  dataAbort,
  each,
  forbidWrites,
  holeInTable,
  leafBits,
  modifiable,
  STATUS,
  takeByGuest,
  takePage,
  takeSecondPage,
  WRITE,
} from './words.js';

const { data, initial, pt } = armConfig();
const oldPage: Partial<ArmConfig> = { initial: { ...initial, af: false } };
const managed: Partial<ArmConfig> = { hd: true, initial: { af: true, dbm: true, writable: false } };
const readonlyTables = { pt: { ...pt, flags: { log: false, readonly: true } } };
const load = armAccess();
const loaded = [done({ rax: word() })];
const store = armAccess({ op: 'str', value: '0x11' });
const stored = holds('data', 0, 'initial', { 0: 0x11n });

/** The first leaf as it is at the end. */
function table(word0: bigint): Seen[] {
  return holds('pt', 2, 'initial', { 0: word0 });
}

export const ARM_PAGING: readonly RuleCase[] = [
  ...each((machine) => {
    const at = (af: boolean): bigint => entry(leafBits(machine, { af }));
    return {
      rule: 'arm.access-flag-set',
      config: oldPage,
      steps: [[load, [...loaded, leaf(at(true))], [...loaded, leaf(at(false))]]],
      end: [table(at(true)), []],
    };
  }),
  ...(['16k', '64k'] as const).map((granule): RuleCase => {
    const [pages, page] = granule === '16k' ? [4, 8] : [16, 32];
    const seen = (af: boolean): Seen[] => [
      done({ rax: word(0, 3) }),
      {
        kind: 'ptes',
        vcpu: 0,
        region: 'data',
        page: 3,
        entries: { pte: entry(af ? 0x707 : 0x307), pde: undefined, pdpte: undefined },
      },
    ];
    return {
      rule: 'arm.access-flag-set',
      about: `of a leaf that maps ${granule}`,
      on: ['el1'],
      config: { ...oldPage, granule, data: { ...data, pages }, none: { pages, reads: ['0x0'] } },
      steps: [[armAccess({ page: 3 }), seen(true), seen(false)]],
      end: [holds('pt', page, 'initial', { 0: entry(0x707) }), []],
    };
  }),
  {
    rule: 'arm.access-flag-fault',
    config: { ...oldPage, ha: false },
    steps: (machine) => [[load, [dataAbort(machine, STATUS.accessFlag | 3)], loaded]],
  },
  ...each((machine) => {
    const at = (readonly: boolean): bigint => modifiable(leafBits(machine, { readonly }));
    return {
      rule: 'arm.dirty-state',
      config: managed,
      steps: [[store, [done(), leaf(at(false))], [done(), leaf(at(true))]]],
      end: [[...stored, ...table(at(false))], stored],
    };
  }),
  ...each((machine) => {
    const at = (readonly: boolean): bigint => modifiable(leafBits(machine, { readonly }));
    return {
      rule: 'arm.read-keeps-state',
      config: managed,
      steps: [[load, [...loaded, leaf(at(true))], [...loaded, leaf(at(false))]]],
      end: [[], table(at(false))],
      blames: 'arm.access-flag-set',
    };
  }),
  ...each((machine) => ({
    rule: 'arm.translation-fault',
    steps: [
      [takePage, [result()]],
      [load, [dataAbort(machine, STATUS.translation | 3)], loaded],
    ],
    end: [table(entry(leafBits(machine, { valid: false })))],
  })),
  ...([2, 1] as const).map((level): RuleCase => ({
    rule: 'arm.translation-fault',
    about: `at level ${level}`,
    on: ['el1'],
    steps: [
      [{ ...takePage, level: `l${level}` }, [result()]],
      [load, [dataAbort('el1', STATUS.translation | level)], loaded],
    ],
    end: [
      holds('pt', level - 1, 'initial', { [level === 1 ? 8 : 0]: BigInt(GPA.pt + (level === 1 ? 4096 : 8192) + 2) }),
    ],
  })),
  ...each((machine) => {
    const left = table(entry(leafBits(machine, { readonly: true })));
    return {
      rule: 'arm.permission-fault',
      steps: [
        [forbidWrites, [done()]],
        [store, [dataAbort(machine, STATUS.permission | 3 | WRITE)], [done()]],
      ],
      end: [left, [...left, ...stored]],
    };
  }),
  {
    rule: 'arm.unprivileged',
    on: ['el1'],
    steps: [[armAccess({ op: 'ldtr' }), [dataAbort('el1', STATUS.permission | 3)], loaded]],
  },
  ...each((machine) => {
    const fault = dataAbort(machine, STATUS.translation | 3, ARM_GVA.data + 4096);
    const at = (af: boolean, valid = true): bigint => entry(leafBits(machine, { af, valid }));
    const end = holds('pt', 2, 'initial', {
      0: at(true),
      8: entry(leafBits(machine, { af: false, valid: false }), 1),
    });
    return {
      rule: 'arm.fault-may-update',
      config: oldPage,
      steps: [
        [takeSecondPage, [result()]],
        [
          armAccess({ offset: 4092 }),
          [fault, leaf(at(true))],
          [fault, leaf(at(true, false))],
          [fault, leaf(at(false))],
        ],
      ],
      end: [end],
      blames: 'arm.access-flag-set',
      plant: 'refused',
    };
  }),
  {
    rule: 'arm.walk-reads',
    config: { pt: { ...pt, uffd: uffd() } },
    steps: [
      [holeInTable, [result()]],
      [load, [userfault('read', 2, 'pt'), ...loaded], [userfault('write', 2, 'pt'), ...loaded]],
    ],
    blames: 'uffd.missing',
  },
  ...each((machine) => ({
    rule: 'arm.walk-abort',
    config: { ...oldPage, ...readonlyTables },
    steps: [[load, [dataAbort(machine, STATUS.external)], loaded, [dataAbort(machine, 0x17)]]],
    end: [[], table(entry(leafBits(machine)))],
  })),
  {
    rule: 'arm.read-only-tables',
    config: readonlyTables,
    steps: (machine) => [[load, loaded, [dataAbort(machine, STATUS.external)]]],
    blames: 'access.load-value',
  },
  ...each((machine) => ({
    rule: 'arm.guest-edit',
    steps: [
      [takeByGuest, [done()]],
      [load, [dataAbort(machine, STATUS.translation | 3)], loaded],
    ],
    end: [table(entry(leafBits(machine, { valid: false }))), []],
    blames: 'arm.translation-fault',
  })),
  ...each((machine) => ({
    rule: 'arm.host-edit',
    steps: [
      [takePage, [result()]],
      [load, [dataAbort(machine, STATUS.translation | 3)], loaded],
    ],
    end: [table(entry(leafBits(machine, { valid: false }))), []],
    blames: 'arm.translation-fault',
  })),
  {
    rule: 'paging.stale-translation',
    steps: (machine) => [
      [{ ...forbidWrites, flush: false }, [done()]],
      [store, [done()], undefined, [dataAbort(machine, STATUS.permission | 3 | WRITE)]],
    ],
    plant: 'open',
  },
  {
    rule: 'paging.table-hole',
    steps: (machine) => [
      [holeInTable, [result()]],
      [load, [dataAbort(machine, STATUS.translation | 3)], loaded],
    ],
    end: [holds('pt', 2, 'zero'), []],
    blames: 'arm.translation-fault',
  },
  ...each((machine) => {
    const word0 = entry(leafBits(machine));
    return {
      rule: 'paging.other-entries',
      config: oldPage,
      steps: [[load, loaded]],
      end: [
        table(word0),
        [...holds('pt', 0, 'zero'), ...holds('pt', 1, 'zero'), ...holds('pt', 2, 'zero', { 0: word0 })],
      ],
    };
  }),
];
