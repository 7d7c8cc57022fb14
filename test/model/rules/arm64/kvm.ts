import { ARM_GVA } from '../../../../src/scenario/stage2/arch.js';
import type { ArmConfig, DirtyLog } from '../../../../src/scenario/stage2.js';
import { armAccess, armConfig } from '../../../scenario/examples.js';
import { dirty, done, entry, holds, registers, result, word, type RuleCase, type Seen } from '../../support.js';
import { dataAbort, fetchAbort, leafBits, runError, STATUS, takeSecondPage, WRITE } from './words.js';

const { data, initial, pt } = armConfig();
const ENOSYS = 38;
const logged: Partial<ArmConfig> = { data: { ...data, flags: { log: true, readonly: false } } };
const loggedTables: Partial<ArmConfig> = { pt: { ...pt, flags: { log: true, readonly: false } } };
const readonly: Partial<ArmConfig> = { data: { ...data, flags: { log: false, readonly: true } } };
const ring: Partial<ArmConfig> = { ...logged, dirtyTracking: 'ring' };
const get: DirtyLog = { kind: 'dirtyLog', action: 'get', region: 'data' };
const getTables: DirtyLog = { ...get, region: 'pt' };
const store = armAccess({ op: 'str', value: '0x11' });
const stored = holds('data', 0, 'initial', { 0: 0x11n });
const full: Seen = { kind: 'ring_full', vcpu: 0 };
const loaded = [done({ rax: word() })];

export const ARM_KVM: readonly RuleCase[] = [
  {
    rule: 'arm.no-syndrome',
    about: 'a store with write-back where no memory is',
    steps: [[armAccess({ op: 'str_pre', region: 'none' }), [runError(ENOSYS)], [done(), registers(16, 0)]]],
  },
  {
    rule: 'arm.no-syndrome',
    about: 'an atomic on a read-only slot',
    config: readonly,
    steps: [[armAccess({ op: 'swp' }), [runError(ENOSYS)], [done()]]],
  },
  {
    rule: 'arm.no-syndrome',
    about: 'dc zva on a read-only slot',
    config: readonly,
    steps: [[armAccess({ op: 'dc_zva', width: 64 }), [runError(ENOSYS)], [done()]]],
  },
  {
    rule: 'arm.fetch-abort',
    steps: (machine) => [
      [
        armAccess({ op: 'blr', width: 4, region: 'none', offset: 0xf80 }),
        [fetchAbort(machine, STATUS.external, ARM_GVA.none + 0xf80)],
        [done()],
      ],
    ],
  },
  {
    rule: 'arm.read-clean',
    config: logged,
    steps: [
      [armAccess(), loaded],
      [get, [result()], [result(), dirty(1n)]],
    ],
    blames: 'dirty.untouched',
  },
  {
    rule: 'arm.read-clean',
    about: 'a fetch',
    config: logged,
    steps: [
      [armAccess({ op: 'blr', width: 4, offset: 0xf80 }), [done()]],
      [get, [result()], [result(), dirty(1n)]],
    ],
    blames: 'dirty.untouched',
  },
  {
    rule: 'dirty.table-update',
    on: ['el1'],
    config: { ...loggedTables, initial: { ...initial, af: false } },
    steps: [
      [armAccess(), loaded],
      [getTables, [result(), dirty(4n, 'pt')], [result()]],
    ],
    end: [holds('pt', 2, 'initial', { 0: entry(leafBits('el1')) })],
  },
  {
    rule: 'dirty.walk-may',
    config: loggedTables,
    profile: { walkDirtiesTables: 'always' },
    steps: [
      [armAccess(), loaded],
      [getTables, [result(), dirty(7n, 'pt')], [result(), dirty(8n, 'pt')], [result()]],
    ],
    blames: 'dirty.untouched',
    plant: 'refused',
  },
  {
    rule: 'dirty.incomplete-may',
    on: ['el1'],
    config: logged,
    steps: [
      [takeSecondPage, [result()]],
      [armAccess({ op: 'str', offset: 4092 }), [dataAbort('el1', STATUS.translation | 3 | WRITE, ARM_GVA.data + 4096)]],
      [get, [result(), dirty(1n)], [result(), dirty(2n)], [result()]],
    ],
    end: [holds('pt', 2, 'initial', { 8: entry(leafBits('el1', { valid: false }), 1) })],
    blames: 'dirty.untouched',
    plant: 'refused',
  },
  {
    rule: 'ring.full',
    about: 'before the store that fills it is carried out',
    config: ring,
    profile: { ringSoftLimit: 1 },
    steps: [[store, [full], [done()]]],
    end: [[], stored],
  },
  {
    rule: 'memory.unspecified',
    about: 'part of a load is where no memory is',
    config: { none: { pages: 2, reads: ['0x0'] } },
    steps: [
      [armAccess({ region: 'none', offset: 4092 }), [{ kind: 'shutdown', vcpu: 0 }], undefined, [runError(ENOSYS)]],
    ],
    plant: 'open',
  },
];
