// What changes under a running guest: slots, holes, registrations, the host's own accesses, and translations without a flush.
import { access, edit } from './arm64-scenario.mjs';
import { get, hole, LOG, MISSING } from './selftest.mjs';

const RO = { log: false, readonly: true };
const BOTH = ['kernel', 'user'];
const ldr = access('ldr');
const str = access('str');
const WP = { ...MISSING, missing: false, wp: true };
const MINOR = { ...MISSING, missing: false, minor: true };
const poison = { ...MISSING, missingAnswers: ['poison'] };
const slot = (action, changes = {}) => ({ kind: 'memslot', region: 'data', action, ...changes });
const host = (action, changes = {}) => ({ kind: 'host', action, ...changes });
const word = { region: 'data', page: 0, offset: 0 };
const uffd = (action, changes = {}) => ({ kind: 'uffd', region: 'data', action, ...changes });
const by = (how, region = 'data') => ({ ...hole(region, 0, 1), how });
const harvest = { kind: 'dirtyLog', action: 'harvest' };

const slots = {
  title: 'Slots that change between accesses',
  cases: [
    {
      slug: 'slot-deleted-and-created',
      title: 'without its slot memory is MMIO, and with a new one it is there again',
      privileges: BOTH,
      rules: ['slot.delete', 'slot.create', 'mmio.no-slot'],
      steps: [str, slot('delete'), ldr, slot('create', { flags: LOG }), ldr],
    },
    {
      slug: 'slot-deleted-no-syndrome',
      title: 'without its slot a store of a pair fails',
      rules: ['slot.delete', 'arm.no-syndrome', 'slot.none-to-delete'],
      steps: [slot('delete'), access('stp', { width: 16 }), slot('delete')],
    },
    {
      slug: 'slot-moved-and-back',
      title: 'a slot that moved away leaves MMIO behind until it is back',
      privileges: BOTH,
      rules: ['slot.move', 'mmio.no-slot', 'access.load-value'],
      steps: [str, slot('move', { to: 'away' }), ldr, slot('move', { to: 'home' }), ldr],
    },
    {
      slug: 'slot-made-read-only',
      title: 'a slot replaced by a read-only one keeps its content, and a store exits',
      privileges: BOTH,
      rules: ['readonly.write-exits', 'readonly.reads-memory'],
      steps: [str, slot('replace', { flags: RO }), access('str', { value: '0x99' }), ldr],
    },
    {
      slug: 'read-only-flag-is-fixed',
      title: 'the read-only flag of a slot that is there cannot be changed',
      rules: ['slot.readonly-fixed', 'access.store-content'],
      steps: [slot('create', { flags: RO }), str],
    },
    {
      slug: 'read-only-log-turned-on',
      title: 'a log turned on for a read-only slot stays empty',
      rules: ['slot.works', 'dirty.starts-clean', 'dirty.read-only'],
      config: { data: { flags: RO } },
      steps: [slot('log', { on: true }), get('data'), str, get('data')],
    },
    {
      slug: 'log-turned-on',
      title: 'a log that was just turned on is empty, and has what is written from then on',
      privileges: BOTH,
      rules: ['dirty.starts-clean', 'dirty.write', 'slot.works'],
      steps: [str, slot('log', { on: true }), get('data'), str, get('data')],
    },
    {
      slug: 'tables-log-turned-on',
      title: 'a log turned on for the tables has the next update of the access flag',
      rules: ['dirty.starts-clean', 'dirty.table-update', 'arm.access-flag-set'],
      config: { ha: true, initial: { af: false } },
      steps: [{ kind: 'memslot', region: 'pt', action: 'log', on: true }, ldr, get('pt')],
    },
    {
      slug: 'log-initially-set',
      title: 'a log that starts set has every page',
      rules: ['dirty.initially-set'],
      config: { dirtyTracking: 'bitmap_manual_init_set', data: { flags: LOG, pages: 2 } },
      steps: [get('data')],
    },
  ],
};

const holes = {
  title: 'Holes of other kinds',
  cases: [
    {
      slug: 'hole-by-free',
      title: 'memory given to MADV_FREE holds what it held, or zeroes',
      rules: ['hole.free-either', 'hole.works'],
      steps: [str, by('free'), ldr],
    },
    {
      slug: 'hole-punched-in-memfd',
      title: 'a hole punched in a file reads as zeroes',
      privileges: BOTH,
      rules: ['hole.zeroes', 'hole.works'],
      config: { data: { backing: 'memfd' } },
      steps: [str, by('punch'), ldr],
    },
    {
      slug: 'hole-in-shared-memory-keeps',
      title: 'MADV_DONTNEED on shared memory keeps the content',
      rules: ['hole.shared-keeps'],
      config: { data: { backing: 'memfd' } },
      steps: [str, by('dontneed'), ldr],
    },
    {
      slug: 'fault-around',
      title: 'a read fault in shared memory may map the next page, too',
      rules: ['hole.fault-around'],
      config: { data: { backing: 'shmem', pages: 2 } },
      steps: [hole('data', 0, 2), ldr, uffd('register', { uffd: MINOR }), access('ldr_q', { width: 16, offset: 4088 })],
    },
    {
      slug: 'hole-in-table',
      title: 'a leaf table that was dropped is a Translation fault at level 3',
      privileges: BOTH,
      rules: ['paging.table-hole', 'arm.translation-fault'],
      steps: [ldr, hole('pt', 2, 1), ldr],
    },
  ],
};

const registrations = {
  title: 'Registrations that change',
  cases: [
    {
      slug: 'unregister-clears-protection',
      title: 'unregistering takes the write protection away',
      rules: ['uffd.unregister', 'access.store-content'],
      config: { data: { uffd: WP } },
      steps: [uffd('protect', { page: 0, pages: 1 }), uffd('unregister'), str],
    },
    {
      slug: 'register-again-keeps-modes',
      title: 'registering again with fewer modes keeps them all',
      rules: ['uffd.register-again', 'uffd.wp'],
      config: { data: { uffd: { ...MISSING, wp: true } } },
      steps: [uffd('protect', { page: 0, pages: 1 }), uffd('register', { uffd: MISSING }), str],
    },
    {
      slug: 'read-only-poison',
      title: 'the memory error of a read-only slot carries its address',
      rules: ['readonly.poison-address', 'uffd.poison'],
      config: { data: { flags: RO, uffd: poison } },
      steps: [hole('data', 0, 1), ldr],
    },
  ],
};

const hosts = {
  title: "The host's own accesses",
  cases: [
    {
      slug: 'host-sees-guest',
      title: 'the host reads what the guest wrote, and the guest what the host wrote, which is not in the log',
      privileges: BOTH,
      rules: ['host.sees-guest', 'host.seen-by-guest', 'dirty.host-write'],
      config: { data: { flags: LOG } },
      steps: [str, host('read', word), get('data'), host('write', { ...word, value: '0x42' }), get('data'), ldr],
    },
    {
      slug: 'mprotect-none',
      title: 'what the mapping does not allow fails KVM_RUN with EFAULT',
      privileges: BOTH,
      rules: ['host.protection', 'host.mprotect'],
      steps: [host('mprotect', { region: 'data', page: 0, pages: 1, prot: 'none' }), ldr],
    },
    {
      slug: 'mprotect-read-atomic',
      title: 'an atomic on memory that the host may only read fails KVM_RUN',
      rules: ['host.protection', 'host.mprotect', 'arm.atomic-reads-first'],
      steps: [host('mprotect', { region: 'data', page: 0, pages: 1, prot: 'read' }), access('swp'), ldr],
    },
    {
      slug: 'fork-isolates',
      title: "the guest's writes do not reach the memory of a child",
      rules: ['host.fork', 'host.sees-guest'],
      steps: [ldr, host('fork'), str, host('read', word), host('release')],
    },
    {
      slug: 'release-without-child',
      title: 'there is no child to release',
      rules: ['host.nothing-to-do'],
      steps: [host('release'), ldr],
    },
  ],
};

const rings = {
  title: 'Rings',
  cases: [
    {
      slug: 'ring-until-reset',
      title: 'a page that is in the ring need not appear again before its entry is reset',
      privileges: BOTH,
      rules: ['ring.write', 'ring.until-reset'],
      config: { dirtyTracking: 'ring', data: { flags: LOG } },
      steps: [str, str, harvest, str, harvest],
    },
  ],
};

const invalid = (page) => edit('valid', false, { page });

const flushes = {
  title: 'Accesses that end half-way, and translations without a flush',
  cases: [
    {
      slug: 'straddling-store-ends-on-second-page',
      title: 'a store that ends on its second page may have written and marked the first',
      privileges: BOTH,
      rules: ['arm.partial-store', 'dirty.incomplete-may', 'arm.translation-fault'],
      config: { data: { flags: LOG, pages: 2 } },
      steps: [invalid(1), get('data'), access('str', { offset: 4092 }), get('data')],
    },
    {
      slug: 'atomic-on-read-only-leaf',
      title: 'an atomic that the tables let only read is a Permission fault',
      privileges: BOTH,
      rules: ['arm.permission-fault'],
      config: { initial: { writable: false }, data: { flags: LOG } },
      steps: [get('data'), access('cas'), get('data')],
    },
    {
      slug: 'no-flush',
      title: 'between an edit that takes rights away and the flush either translation may be used',
      privileges: BOTH,
      rules: ['paging.stale-translation'],
      steps: [str, edit('writable', false, { flush: false }), str, ldr],
    },
    {
      slug: 'invalid-becomes-valid',
      title: 'an entry that becomes valid needs no flush',
      privileges: BOTH,
      rules: ['arm.guest-edit', 'arm.translation-fault', 'access.load-value'],
      steps: [invalid(0), ldr, edit('valid', true, { flush: false }), ldr],
    },
  ],
};

const maintenance = {
  title: 'Hints and cache maintenance',
  cases: [
    {
      slug: 'prefetch-flag-clear',
      title: 'a prefetch may set the access flag of its page',
      rules: ['arm.prefetch-may-translate', 'access.prefetch-hint'],
      config: { ha: true, initial: { af: false } },
      steps: [access('prfm', { width: 1 })],
    },
    {
      slug: 'maintenance-of-hole',
      title: 'cache maintenance of a hole is checked like an access, or does nothing',
      privileges: BOTH,
      rules: ['arm.cache-maintenance'],
      config: { data: { uffd: MISSING } },
      steps: [hole('data', 0, 1), access('dc_civac', { width: 1 }), ldr],
    },
    {
      slug: 'maintenance-without-memory',
      title: 'cache maintenance where there is no slot is skipped',
      privileges: BOTH,
      rules: ['arm.cache-maintenance'],
      steps: [access('dc_cvac', { width: 1, region: 'none' })],
    },
  ],
};

export const CHANGES = [slots, holes, registrations, hosts, rings, flushes, maintenance];
