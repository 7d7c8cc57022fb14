import { GPA } from '../../../src/scenario/stage2/layout.js';
import type { Hole, Host, Memslot, X86Config } from '../../../src/scenario/stage2.js';
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
  type Seen,
  ARM,
} from '../support.js';

const seven: Partial<X86Config> = { none: { pages: 1, reads: ['0x7'] } };
const hole: Hole = { kind: 'hole', region: 'data', page: 0, pages: 1, how: 'dontneed' };
const drop: Memslot = { kind: 'memslot', region: 'data', action: 'delete' };
const create: Memslot = { kind: 'memslot', region: 'data', action: 'create', flags: { log: false, readonly: false } };
const createReadonly: Memslot = { ...create, flags: { log: false, readonly: true } };
const log: Memslot = { kind: 'memslot', region: 'data', action: 'log', on: true };
const forbid: Host = { kind: 'host', action: 'mprotect', region: 'data', page: 0, pages: 1, prot: 'none' };
const hostRead: Host = { kind: 'host', action: 'read', region: 'data', page: 0, offset: 0 };
const hostWrite: Host = { kind: 'host', action: 'write', region: 'data', page: 0, offset: 0, value: '0x22' };
const load = access();
const loaded = [done({ rax: word() })];
const exited = [mmio('read', GPA.data, 8, 7n), done({ rax: 7n })];
const store = access({ op: 'store', value: '0x11' });
const neighbour = done({ rax: word(0, 1) });
const stored = holds('data', 0, 'initial', { 0: 0x11n });

function child(changed: boolean): Seen {
  return { kind: 'child', vcpu: 'host', changed };
}

export const MEMORY: readonly RuleCase[] = [
  {
    rule: 'hole.zeroes',
    steps: [
      [hole, [result()]],
      [load, [done()], loaded],
    ],
    end: [holds('data', 0, 'zero'), []],
    blames: 'access.load-value',
  },
  {
    rule: 'hole.shared-keeps',
    config: { data: { ...config().data, backing: 'shmem' } },
    steps: [
      [hole, [result()]],
      [load, loaded, [done()]],
    ],
    end: [[], holds('data', 0, 'zero')],
    blames: 'access.load-value',
  },
  {
    rule: 'hole.fault-around',
    about: 'the neighbour of a page that was read is mapped already, or sends its message',
    config: { data: { ...config().data, backing: 'shmem', pages: 2 } },
    steps: [
      [{ ...hole, pages: 2 }, [result()]],
      [load, loaded],
      [{ kind: 'uffd', action: 'register', region: 'data', uffd: uffd({ missing: false, minor: true }) }, [result()]],
      [access({ page: 1 }), [neighbour], [userfault('read', 1), neighbour], [userfault('minor', 1), neighbour]],
    ],
    blames: 'uffd.no-message',
    plant: 'refused',
  },
  {
    rule: 'hole.free-either',
    steps: [
      [{ ...hole, how: 'free' }, [result()]],
      [load, loaded, [done({ rax: 1n })], [done()]],
    ],
    end: [[], [], holds('data', 0, 'zero')],
    blames: 'access.load-value',
    plant: 'refused',
  },
  { rule: 'hole.works', steps: [[hole, [result()], [result(22)]]], end: [holds('data', 0, 'zero')] },
  {
    rule: 'slot.delete',
    config: seven,
    steps: [
      [drop, [result()]],
      [load, exited, loaded],
    ],
    blames: 'mmio.no-slot',
  },
  {
    rule: 'slot.create',
    steps: [
      [store, [done()]],
      [drop, [result()]],
      [create, [result()]],
      [load, [done({ rax: 0x11n })], [done()]],
    ],
    end: [stored, [...holds('data', 0, 'zero'), ...holds('data', 1, 'zero')]],
    blames: 'access.load-value',
  },
  {
    rule: 'slot.move',
    config: seven,
    steps: [
      [{ kind: 'memslot', region: 'data', action: 'move', to: 'away' }, [result()]],
      [load, exited, loaded],
    ],
    blames: 'mmio.no-slot',
  },
  { rule: 'slot.readonly-fixed', steps: [[createReadonly, [result(22)], [result()]]] },
  {
    rule: 'slot.none-to-delete',
    steps: [
      [drop, [result()]],
      [drop, [result(22)], [result()]],
    ],
  },
  { rule: 'slot.works', steps: [[log, [result()], [result(22)]]] },
  { rule: 'host.sees-guest', steps: [[hostRead, [result(0, word())], [result(0, inverted(word()))]]] },
  {
    rule: 'host.seen-by-guest',
    steps: [
      [hostWrite, [result()]],
      [load, [done({ rax: 0x22n })], loaded],
    ],
    end: [holds('data', 0, 'initial', { 0: 0x22n }), []],
    blames: 'access.load-value',
  },
  {
    rule: 'host.protection',
    on: ['native', ...ARM],
    steps: [
      [forbid, [result()]],
      [load, [{ kind: 'run_error', vcpu: 0, errno: 14 }], loaded],
    ],
  },
  {
    rule: 'host.protection',
    about: 'with memory-fault exits',
    on: ['nested'],
    steps: [
      [forbid, [result()]],
      [load, [{ kind: 'memory_fault', vcpu: 0, errno: 14, flags: 0n, gpa: GPA.data }], loaded],
    ],
  },
  {
    rule: 'host.signal',
    steps: [
      [forbid, [result()]],
      [hostRead, [signal('host')], [result(0, word())]],
    ],
  },
  { rule: 'host.mprotect', steps: [[forbid, [result()], [result(22)]]] },
  {
    rule: 'host.fork',
    steps: [
      [{ kind: 'host', action: 'fork' }, [result()]],
      [store, [done()]],
      [{ kind: 'host', action: 'release' }, [child(false)], [child(true)]],
    ],
    end: [stored],
  },
  {
    rule: 'host.fork',
    about: 'of a child that nobody released',
    steps: [[{ kind: 'host', action: 'fork' }, [result()]]],
    end: [[child(false)], [child(true)]],
  },
  { rule: 'host.nothing-to-do', steps: [[{ kind: 'host', action: 'release' }, [result(22)], [result()]]] },
  {
    rule: 'race.serial',
    config: { vcpus: 2 },
    steps: [
      [
        {
          kind: 'race',
          a: access({ op: 'xchg', value: '0x1' }),
          b: access({ op: 'xchg', value: '0x2', vcpu: 1 }),
        },
        [done({ rax: 2n }), done({ rax: word(), vcpu: 1 })],
        [done({ rax: word() }), done({ rax: word(), vcpu: 1 })],
        [done({ rax: word() }), done({ rax: 1n, vcpu: 1 })],
      ],
    ],
    end: [
      holds('data', 0, 'initial', { 0: 1n }),
      holds('data', 0, 'initial', { 0: 1n }),
      holds('data', 0, 'initial', { 0: 2n }),
    ],
    blames: (machine) => (ARM.includes(machine) ? 'arm.atomic-old-value' : 'access.atomic-update'),
    plant: 'refused',
  },
  {
    rule: 'memory.untouched',
    steps: [[load, loaded]],
    end: [[], [...holds('data', 0, 'zero'), ...holds('data', 1, 'zero')]],
  },
];
