import { GVA } from '../../../../src/scenario/stage2/layout.js';
import type { DirtyLog, X86Config } from '../../../../src/scenario/stage2.js';
import { access, config } from '../../../scenario/examples.js';
import { dirty, done, entry, holds, pageFault, result, userBit, word, type RuleCase } from '../../support.js';
import { secondPageTaken, takeSecondPage } from './access.js';

function logged(changes: Partial<X86Config> = {}): Partial<X86Config> {
  return { data: { ...config().data, flags: { log: true, readonly: false } }, ...changes };
}

const loggedTables = { pt: { ...config().pt, flags: { log: true, readonly: false } } };
const get: DirtyLog = { kind: 'dirtyLog', action: 'get', region: 'data' };
const getTables: DirtyLog = { kind: 'dirtyLog', action: 'get', region: 'pt' };
const store = access({ op: 'store', value: '0x11' });
const stored = holds('data', 0, 'initial', { 0: 0x11n });

export const X86_DIRTY: readonly RuleCase[] = [
  {
    rule: 'dirty.read-may',
    on: ['native', 'nested'],
    config: logged(),
    steps: [
      [access(), [done({ rax: word() })]],
      [get, [result(), dirty(1n)], [result(), dirty(2n)], [result()]],
    ],
    blames: 'dirty.untouched',
    plant: 'refused',
  },
  {
    rule: 'dirty.emulated-read',
    on: ['emulated'],
    config: logged(),
    steps: [
      [access(), [done({ rax: word() })]],
      [get, [result()], [result(), dirty(1n)]],
    ],
    blames: 'dirty.untouched',
  },
  {
    rule: 'dirty.table-update',
    on: ['emulated', 'native'],
    config: { ...loggedTables, initial: { ...config().initial, pteA: false } },
    steps: [
      [access(), [done({ rax: word() })]],
      [getTables, [result(), dirty(4n, 'pt')], [result()]],
    ],
    end: [holds('pt', 2, 'initial', { 0: entry(0x67) })],
  },
  {
    rule: 'dirty.walk-may',
    on: ['nested'],
    config: loggedTables,
    steps: [
      [access(), [done({ rax: word() })]],
      [getTables, [result(), dirty(7n, 'pt')], [result(), dirty(8n, 'pt')], [result()]],
    ],
    blames: 'dirty.untouched',
    plant: 'refused',
  },
  {
    rule: 'dirty.sync-may',
    about: 'of the whole table',
    on: ['native'],
    config: logged({ vcpus: 2 }),
    profile: { syncsWholeTables: true },
    steps: [
      [{ ...takeSecondPage, flag: 'accessed', by: 'guest', flush: false }, [done()]],
      [{ ...store, vcpu: 1 }, [done({ vcpu: 1 })]],
      [get, [result(), dirty(3n)], [result(), dirty(5n)], [result(), dirty(1n)]],
    ],
    end: [[...stored, ...holds('pt', 2, 'initial', { 8: entry(0x47, 1) })]],
    blames: 'dirty.untouched',
    plant: 'refused',
  },
  {
    rule: 'dirty.sync-may',
    on: ['native'],
    config: logged({ vcpus: 2 }),
    steps: [
      [{ ...takeSecondPage, flag: 'dirty', set: true, by: 'guest', flush: false }, [done()]],
      [get, [result()]],
      [access({ op: 'prefetchw', width: 1, vcpu: 1 }), [done({ vcpu: 1 })]],
      [get, [result(), dirty(2n)], [result(), dirty(1n)], [result()]],
    ],
    blames: 'dirty.untouched',
    plant: 'refused',
  },
  {
    rule: 'dirty.incomplete-may',
    on: ['native', 'nested'],
    config: logged(),
    steps: (machine) => [
      [takeSecondPage, [result()]],
      [access({ op: 'store', offset: 4092 }), [pageFault(2 | userBit(machine), GVA.data + 4096)]],
      [get, [result(), dirty(1n)], [result(), dirty(2n)], [result()]],
    ],
    end: [secondPageTaken],
    blames: 'dirty.untouched',
    plant: 'refused',
  },
  {
    rule: 'ring.full',
    on: ['emulated'],
    config: logged({ dirtyTracking: 'ring' }),
    profile: { ringSoftLimit: 1 },
    steps: [
      [store, [done()]],
      [store, [{ kind: 'ring_full', vcpu: 0 }], [done()]],
    ],
    end: [stored],
  },
];
