// What the selftest's table leaves out, in groups. A case may name the privileges that it is for; most are for EL1 alone.
import { CHANGES } from './arm64-changes.mjs';
import { ANSWERS } from './arm64-userfault.mjs';
import { access, armScenario, edit, EL, tablePages } from './arm64-scenario.mjs';
import { get, hole, HOLES, LOG, MISSING } from './selftest.mjs';

const RO = { log: false, readonly: true };
const RO_LOG = { log: true, readonly: true };
const CLEAR = { af: false };
const BOTH = ['kernel', 'user'];
const ldr = access('ldr');
const str = access('str');
const read = (page) => access('ldr', { page });
const write = (page) => access('str', { page });
const at = (vcpu, step) => ({ ...step, vcpu });

const slots = {
  title: 'Flags that only one of the two slots has',
  cases: [
    {
      slug: 'tables-logged-alone',
      title: "a load whose walk sets the access flag marks the table, and the data's slot has no log",
      privileges: BOTH,
      rules: ['dirty.table-update', 'arm.access-flag-set', 'dirty.no-log'],
      config: { ha: true, initial: CLEAR, pt: { flags: LOG } },
      steps: [get('pt'), ldr, get('pt'), get('data')],
    },
    {
      slug: 'data-logged-alone-write',
      title: 'a store whose walk sets the access flag marks the data',
      privileges: BOTH,
      rules: ['dirty.write', 'arm.access-flag-set'],
      config: { ha: true, initial: CLEAR, data: { flags: LOG } },
      steps: [get('data'), str, get('data')],
    },
    {
      slug: 'data-logged-alone-read',
      title: 'a load of logged data marks nothing, though its walk writes',
      privileges: BOTH,
      rules: ['arm.read-clean', 'dirty.untouched', 'arm.access-flag-set'],
      config: { ha: true, initial: CLEAR, data: { flags: LOG } },
      steps: [get('data'), ldr, get('data')],
    },
    {
      slug: 'data-read-only-alone-store',
      title: 'a store to read-only data exits as MMIO, while its walk may write the tables',
      privileges: BOTH,
      rules: ['readonly.write-exits', 'mmio.write-data', 'readonly.keeps-memory'],
      config: { ha: true, initial: CLEAR, data: { flags: RO } },
      steps: [str],
    },
    {
      slug: 'data-read-only-alone-no-syndrome',
      title: 'a store of a pair to read-only data fails, and is not in the log',
      privileges: BOTH,
      rules: ['arm.no-syndrome', 'dirty.read-only'],

      config: { data: { flags: RO_LOG } },
      steps: [get('data'), access('stp', { width: 16 }), get('data')],
    },
    {
      slug: 'tables-read-only-alone',
      title: 'walks that change nothing work through read-only tables',
      privileges: BOTH,
      rules: ['arm.read-only-tables', 'access.store-content', 'access.load-value'],
      config: { ha: true, pt: { flags: RO } },
      steps: [str, ldr],
    },
    {
      slug: 'tables-read-only-flag-clear',
      title: 'a load whose walk has to set the access flag in read-only tables aborts',
      privileges: BOTH,
      rules: ['arm.walk-abort'],
      config: { ha: true, initial: CLEAR, pt: { flags: RO } },
      steps: [ldr],
    },
    {
      slug: 'tables-read-only-flag-clear-store',
      title: 'a store whose walk has to set the access flag in read-only tables aborts and writes nothing',
      privileges: BOTH,
      rules: ['arm.walk-abort', 'dirty.untouched'],
      config: { ha: true, initial: CLEAR, pt: { flags: RO }, data: { flags: LOG } },
      steps: [get('data'), str, get('data')],
    },
    {
      slug: 'tables-read-only-and-logged-flag-clear',
      title: 'the refused update of read-only tables is not in their log',
      rules: ['arm.walk-abort'],
      config: { ha: true, initial: CLEAR, pt: { flags: RO_LOG } },
      steps: [get('pt'), ldr, get('pt')],
    },
    {
      slug: 'tables-read-only-flag-clear-software',
      title: 'an access flag that software manages faults in the guest, whatever the slot of the tables',
      privileges: BOTH,
      rules: ['arm.access-flag-fault'],
      config: { initial: CLEAR, pt: { flags: RO } },
      steps: [ldr],
    },
    {
      slug: 'tables-uffd-alone',
      title: 'holes in the tables alone send a message for each table',
      privileges: BOTH,
      rules: ['uffd.missing', 'uffd.copy', 'arm.walk-reads', 'access.load-value'],
      config: { ha: true, initial: CLEAR, pt: { uffd: MISSING } },
      steps: [hole('pt', 0, 8), ldr],
    },
    {
      slug: 'data-uffd-alone',
      title: 'a hole in the data alone sends one message, that of the store',
      privileges: BOTH,
      rules: ['uffd.missing', 'uffd.write-flag', 'uffd.copy'],
      config: { ha: true, initial: CLEAR, data: { uffd: MISSING } },
      steps: [hole('data', 0, 1), str],
    },
    {
      slug: 'tables-logged-data-read-only-uffd',
      title:
        'logged tables with holes under read-only data: messages for the tables, an exit for the data, no log of it',
      rules: ['uffd.missing', 'uffd.copy', 'readonly.write-exits', 'readonly.no-userfault-on-write'],
      config: { ha: true, pt: { flags: LOG, uffd: MISSING }, data: { flags: RO_LOG, uffd: MISSING } },
      steps: [...HOLES, get('pt'), get('data'), str, get('data'), get('pt')],
    },
  ],
};

const repeated = {
  title: 'More than one access',
  cases: [
    {
      slug: 'second-read-updates-nothing',
      title: 'only the first of two loads sets the access flag and marks the table',
      privileges: BOTH,
      rules: ['dirty.table-update', 'dirty.untouched', 'arm.access-flag-set'],
      config: { ha: true, initial: CLEAR, pt: { flags: LOG } },
      steps: [get('pt'), ldr, get('pt'), ldr, get('pt')],
    },
    {
      slug: 'written-again-after-get',
      title: 'each store after a read of the log is reported again, once',
      privileges: BOTH,
      rules: ['dirty.write', 'dirty.get-resets', 'dirty.untouched'],
      config: { data: { flags: LOG } },
      steps: [get('data'), str, get('data'), get('data'), str, get('data')],
    },
    {
      slug: 'read-then-write-of-hole',
      title: 'a hole that was read as zeroes takes what is stored to it',
      privileges: BOTH,
      rules: ['hole.zeroes', 'access.store-content', 'access.load-value'],
      steps: [hole('data', 0, 1), ldr, str, ldr],
    },
    {
      slug: 'filled-once',
      title: 'a hole that was filled sends no further message',
      privileges: BOTH,
      rules: ['uffd.missing', 'uffd.no-message', 'access.store-content'],
      config: { data: { uffd: MISSING } },
      steps: [hole('data', 0, 1), ldr, str, ldr],
    },
    {
      slug: 'dropped-again',
      title: 'a page that is dropped again sends a message again, now of a write',
      rules: ['uffd.missing', 'uffd.write-flag', 'uffd.copy'],
      config: { data: { uffd: MISSING } },
      steps: [hole('data', 0, 1), ldr, hole('data', 0, 1), str],
    },
    {
      slug: 'read-only-stays',
      title: 'after a store that exited a load sees what memory held before',
      privileges: BOTH,
      rules: ['readonly.write-exits', 'readonly.keeps-memory', 'readonly.reads-memory'],
      config: { data: { flags: RO } },
      steps: [str, ldr],
    },
    {
      slug: 'goes-on-after-failure',
      title: 'a vCPU whose KVM_RUN failed for want of a syndrome goes on',
      privileges: BOTH,
      rules: ['arm.no-syndrome', 'readonly.reads-memory', 'readonly.write-exits'],
      config: { data: { flags: RO } },
      steps: [access('dc_zva', { width: 64, value: '0x0' }), ldr, str],
    },
    {
      slug: 'flag-cleared-again',
      title: 'each time that the guest clears the access flag, the next load sets it',
      privileges: BOTH,
      rules: ['arm.access-flag-set', 'arm.guest-edit'],
      config: { ha: true, initial: CLEAR },
      steps: [ldr, edit('af', false), ldr, edit('af', false), ldr],
    },
  ],
};

const pages = {
  title: 'More than one page',
  cases: [
    {
      slug: 'pages-marked-apart',
      title: 'of three pages the two that were written are dirty',
      privileges: BOTH,
      rules: ['dirty.write', 'dirty.untouched', 'arm.read-clean'],
      config: { data: { flags: LOG, pages: 3 } },
      steps: [get('data'), write(0), read(1), write(2), get('data')],
    },
    {
      slug: 'straddling-store-marks-both',
      title: 'a store across two pages marks both',
      privileges: BOTH,
      rules: ['dirty.write', 'access.store-content'],
      config: { data: { flags: LOG, pages: 2 } },
      steps: [get('data'), access('str', { offset: 4092 }), get('data')],
    },
    {
      slug: 'second-word-of-the-bitmap',
      title: 'page 64 is the first bit of the second word',
      rules: ['dirty.write', 'dirty.untouched'],
      config: { data: { flags: LOG, pages: 66 } },
      steps: [get('data'), write(64), get('data')],
    },
    {
      slug: 'two-leaf-tables',
      title: 'of two leaf tables the one whose entry changes is marked',
      rules: ['dirty.table-update', 'dirty.untouched', 'arm.access-flag-set'],
      config: { ha: true, initial: CLEAR, pt: { flags: LOG }, data: { pages: 2, offsetPages: 511 } },
      steps: [get('pt'), read(1), get('pt'), read(0), get('pt')],
    },
    {
      slug: 'straddling-pair-of-holes',
      title: 'a store of a pair across two holes sends two messages',
      rules: ['uffd.missing', 'uffd.copy', 'access.store-content'],
      config: { data: { uffd: MISSING, pages: 2 } },
      steps: [hole('data', 0, 2), access('stp', { width: 16, offset: 4088 })],
    },
    {
      slug: 'second-slot-on-its-own',
      title: 'a second data slot has a log and a hole of its own',
      rules: ['dirty.write', 'dirty.untouched', 'uffd.missing'],
      config: { data: { flags: LOG }, data2: { flags: LOG, uffd: MISSING } },
      steps: [
        hole('data2', 0, 1),
        get('data'),
        get('data2'),
        access('str', { region: 'data2' }),
        get('data'),
        get('data2'),
      ],
    },
  ],
};

const vcpus = {
  title: 'More than one vCPU',
  cases: [
    {
      slug: 'flag-set-by-the-other-vcpu',
      title: 'the access flag that one vCPU set need not be set by the other',
      privileges: BOTH,
      rules: ['dirty.table-update', 'dirty.untouched', 'arm.access-flag-set'],
      config: { vcpus: 2, ha: true, initial: CLEAR, pt: { flags: LOG } },
      steps: [get('pt'), at(0, ldr), get('pt'), at(1, ldr), get('pt')],
    },
    {
      slug: 'flag-cleared-by-the-other-vcpu',
      title: 'the access flag that one vCPU clears and flushes the other sets again',
      rules: ['arm.access-flag-set', 'arm.guest-edit'],
      config: { vcpus: 2, ha: true },
      steps: [at(0, ldr), edit('af', false, { vcpu: 1 }), at(0, ldr)],
    },
    {
      slug: 'both-vcpus-write',
      title: 'a page that both vCPUs wrote is reported once',
      rules: ['dirty.write', 'dirty.get-resets', 'access.store-content'],
      config: { vcpus: 2, data: { flags: LOG } },
      steps: [get('data'), at(0, str), at(1, access('str', { offset: 8 })), get('data'), get('data')],
    },
    {
      slug: 'two-additions-at-once',
      title: 'two additions at once are both in the sum',
      privileges: BOTH,
      rules: ['race.serial'],
      config: { vcpus: 2 },
      steps: [
        {
          kind: 'race',
          a: access('ldadd', { vcpu: 0, value: '0x1' }),
          b: access('ldadd', { vcpu: 1, value: '0x100' }),
        },
      ],
    },
  ],
};

const manual = { dirtyTracking: 'bitmap_manual' };
const clear = (page) => ({ kind: 'dirtyLog', action: 'clear', region: 'pt', page, pages: 1 });

const reset = {
  title: 'The access flag cleared, then the log reset, then the access',
  cases: [
    {
      slug: 'flag-cleared-then-log-reset',
      title: "the guest's clearing of the flag marks the table, and after the log is read the walk marks it again",
      privileges: BOTH,
      rules: ['dirty.table-update', 'arm.guest-edit', 'dirty.get-resets', 'arm.access-flag-set'],
      config: { ha: true, pt: { flags: LOG } },
      steps: [get('pt'), edit('af', false), get('pt'), ldr, get('pt')],
    },
    {
      slug: 'flag-cleared-then-log-reset-store',
      title: 'the same with a store, whose data is marked as well',
      rules: ['dirty.table-update', 'dirty.write', 'arm.guest-edit', 'arm.access-flag-set'],
      config: { ha: true, pt: { flags: LOG }, data: { flags: LOG } },
      steps: [get('data'), edit('af', false), get('pt'), str, get('pt'), get('data')],
    },
    {
      slug: 'flag-kept-then-log-reset',
      title: 'with the flag left as it is the walk marks nothing',
      privileges: BOTH,
      rules: ['dirty.untouched', 'dirty.get-resets', 'arm.guest-edit'],
      config: { ha: true, pt: { flags: LOG } },
      steps: [ldr, edit('dbm', true), get('pt'), ldr, get('pt')],
    },
    {
      slug: 'flag-cleared-by-the-host',
      title: "the host's clearing of the flag is not in the log, and the walk that sets it is",
      rules: ['dirty.table-update', 'arm.host-edit', 'arm.access-flag-set'],
      config: { ha: true, pt: { flags: LOG } },
      steps: [get('pt'), edit('af', false, { by: 'host' }), get('pt'), ldr, get('pt')],
    },
    {
      slug: 'flag-cleared-then-log-cleared',
      title: 'with manual protection the walk marks the table after its bit was cleared',
      rules: ['dirty.table-update', 'dirty.clear', 'dirty.manual-get-keeps', 'arm.access-flag-set'],
      config: { ...manual, ha: true, pt: { flags: LOG } },
      steps: [edit('af', false), get('pt'), clear(2), ldr, get('pt')],
    },
    {
      slug: 'flag-cleared-then-ring-reset',
      title: 'with a dirty ring the walk pushes the table after its entry was reset',
      rules: ['ring.write', 'ring.reset', 'arm.access-flag-set'],
      config: { dirtyTracking: 'ring', ha: true, pt: { flags: LOG } },
      steps: [
        edit('af', false),
        { kind: 'dirtyLog', action: 'harvest' },
        { kind: 'dirtyLog', action: 'reset' },
        ldr,
        { kind: 'dirtyLog', action: 'harvest' },
      ],
    },
  ],
};

/** The same for a granule of several pages. */
const granule = (size, leaf, table) => [
  {
    slug: `granule-${size}-one-flag-for-all-pages`,
    title: `with ${size.toUpperCase()} the access flag is one for the ${leaf} pages of a leaf`,
    rules: ['arm.access-flag-set', 'dirty.table-update', 'dirty.untouched'],
    config: { granule: size, ha: true, initial: CLEAR, pt: { flags: LOG } },
    steps: [get('pt'), read(1), get('pt'), read(leaf - 1), get('pt')],
  },
  {
    slug: `granule-${size}-uffd`,
    title: `with ${size.toUpperCase()} holes of 4K send a message each where they are met: one per table, one for the data`,
    rules: ['uffd.missing', 'uffd.copy', 'uffd.write-flag', 'arm.walk-reads'],
    config: { granule: size, ha: true, initial: CLEAR, pt: { uffd: MISSING }, data: { uffd: MISSING } },
    steps: [hole('pt', 0, tablePages(size)), hole('data', 0, leaf), write(leaf - 2)],
  },
  {
    slug: `granule-${size}-hole`,
    title: `with ${size.toUpperCase()} a hole of 4K leaves the other pages of its leaf as they are`,
    rules: ['hole.zeroes', 'access.load-value'],
    config: { granule: size },
    steps: [read(1), hole('data', 1, 1), read(1), read(2)],
  },
  {
    slug: `granule-${size}-dirty-page`,
    title: `with ${size.toUpperCase()} the log is of pages of 4K`,
    rules: ['dirty.write', 'dirty.untouched'],
    config: { granule: size, data: { flags: LOG } },
    steps: [get('data'), write(leaf - 1), get('data')],
  },
  {
    slug: `granule-${size}-read-only`,
    title: `with ${size.toUpperCase()} a read-only slot exits at the address of the page and fails without a syndrome`,
    rules: ['readonly.write-exits', 'arm.no-syndrome', 'arm.read-only-tables'],
    config: { granule: size, pt: { flags: RO }, data: { flags: RO } },
    steps: [write(3), access('dc_zva', { width: 64, value: '0x0', page: 3 })],
  },
  {
    slug: `granule-${size}-table`,
    title: `with ${size.toUpperCase()} a walk through a dropped leaf table faults`,
    rules: ['paging.table-hole', 'arm.translation-fault'],
    config: { granule: size },
    steps: [hole('pt', table, 1), ldr],
  },
];

const granules = {
  title: 'Larger granules',
  cases: [...granule('16k', 4, 8), ...granule('64k', 16, 32)],
};

const dirtyState = {
  title: 'The dirty state, managed by the processor',
  cases: [
    {
      slug: 'dbm-store',
      title: 'a store through a read-only leaf with DBM makes the leaf writable, marks the table and completes',
      privileges: BOTH,
      rules: ['arm.dirty-state', 'dirty.table-update', 'access.store-content'],
      config: { ha: true, hd: true, initial: { dbm: true, writable: false }, pt: { flags: LOG } },
      steps: [get('pt'), str, get('pt')],
    },
    {
      slug: 'dbm-load',
      title: 'a load leaves the leaf as it is',
      privileges: BOTH,
      rules: ['arm.read-keeps-state', 'dirty.untouched'],
      config: { ha: true, hd: true, initial: { dbm: true, writable: false }, pt: { flags: LOG } },
      steps: [get('pt'), ldr, get('pt')],
    },
    {
      slug: 'dbm-not-managed',
      title: 'without TCR_EL1.HD a store through the same leaf is a Permission fault',
      privileges: BOTH,
      rules: ['arm.permission-fault'],
      config: { ha: true, initial: { dbm: true, writable: false } },
      steps: [str],
    },
    {
      slug: 'dbm-clear',
      title: 'without DBM a store through a read-only leaf is a Permission fault',
      rules: ['arm.permission-fault'],
      config: { ha: true, hd: true, initial: { writable: false } },
      steps: [str],
    },
    {
      slug: 'dbm-in-read-only-tables',
      title: 'the update of the dirty state in a read-only slot aborts the store',
      rules: ['arm.walk-abort'],
      config: { ha: true, hd: true, initial: { dbm: true, writable: false }, pt: { flags: RO } },
      steps: [str],
    },
  ],
};

const none = (op, changes) => access(op, { region: 'none', ...changes });

const instructions = {
  title: 'Instructions that the table does not have',
  cases: [
    {
      slug: 'at-then-load',
      title: 'a translation meets the holes of the tables, and the load behind it only that of the data',
      rules: ['arm.at-result', 'uffd.missing', 'uffd.no-message', 'access.load-value'],
      config: { pt: { uffd: MISSING }, data: { uffd: MISSING } },
      steps: [...HOLES, access('at_s1e1r', { width: 1 }), ldr],
    },
    {
      slug: 'at-write-of-read-only-leaf',
      title: 'a translation for a write reports the Permission fault that a store takes',
      rules: ['arm.at-result', 'arm.permission-fault'],
      config: { initial: { writable: false } },
      steps: [access('at_s1e1w', { width: 1 }), str],
    },
    {
      slug: 'at-without-access-flag',
      title: 'a translation reports the Access flag fault that a load takes',
      rules: ['arm.at-result', 'arm.access-flag-fault'],
      config: { initial: CLEAR },
      steps: [access('at_s1e1r', { width: 1 }), ldr],
    },
    {
      slug: 'unprivileged-load',
      title: 'an unprivileged load at EL1 may not read what EL0 may not',
      rules: ['arm.unprivileged'],
      steps: [access('ldtr'), ldr],
    },
    {
      slug: 'unprivileged-store-read-only',
      title: 'an unprivileged store at EL0 to a read-only slot exits as MMIO',
      privileges: ['user'],
      rules: ['readonly.write-exits', 'mmio.write-data'],
      config: { data: { flags: RO } },
      steps: [access('sttr')],
    },
    {
      slug: 'mmio-with-syndrome',
      title: 'loads and stores that the syndrome describes are MMIO where there is no slot',
      privileges: BOTH,
      rules: ['mmio.no-slot', 'mmio.read-data', 'mmio.write-data'],
      config: { none: { reads: ['0x8081828384858687'] } },
      steps: [none('ldr'), none('ldr', { width: 2 }), none('ldar'), none('str', { width: 4 }), none('stlr')],
    },
    {
      slug: 'mmio-sign-extended',
      title: 'loads that extend with the sign do so where there is no slot, too',
      privileges: BOTH,
      rules: ['arm.register-extend', 'mmio.read-data'],
      config: { none: { reads: ['0x8081828384858687'] } },
      steps: [none('ldrs', { width: 2 }), none('ldrs_w', { width: 1 })],
      note: 'KVM of older kernels loses the sign: see the known divergence mmio-load-loses-its-sign.',
    },
    {
      slug: 'mmio-without-syndrome',
      title: 'where there is no slot, what the syndrome does not describe fails',
      privileges: BOTH,
      rules: ['arm.no-syndrome'],
      steps: [none('ldr_pre'), none('ldp', { width: 16 }), none('ldr_q', { width: 16 }), none('str_post'), none('cas')],
    },
    {
      slug: 'fetch-without-memory',
      title: 'a fetch where there is no slot aborts in the guest',
      privileges: BOTH,
      rules: ['arm.fetch-abort'],
      steps: [none('blr', { width: 4, offset: 0xf80 })],
    },
    {
      slug: 'prefetch-of-hole',
      title: 'a prefetch of a hole sends no message',
      privileges: BOTH,
      rules: ['access.prefetch-hint', 'uffd.missing'],
      config: { data: { uffd: MISSING } },
      steps: [hole('data', 0, 1), access('prfm', { width: 1 }), ldr],
    },
    {
      slug: 'exclusive-store-marks',
      title: 'a store-exclusive is a write like others',
      privileges: BOTH,
      rules: ['arm.exclusive', 'dirty.write'],
      config: { data: { flags: LOG } },
      steps: [get('data'), access('stxr'), get('data')],
    },
    {
      slug: 'failed-compare',
      title: 'a compare-and-swap that fails leaves memory as it was',
      privileges: BOTH,
      rules: ['arm.failed-compare'],
      steps: [access('cas', { comparand: 'value' }), ldr],
    },
  ],
};

/** All of it, by group. */
export const BEYOND = [
  slots,
  repeated,
  pages,
  vcpus,
  ...ANSWERS,
  reset,
  granules,
  dirtyState,
  instructions,
  ...CHANGES,
];

/** File names and privileges of a case. */
export function beyondFiles({ slug, privileges = ['kernel'] }) {
  return privileges.map((privilege) => [`${slug}-${EL[privilege].toLowerCase()}.json`, privilege]);
}

/** The case at one privilege. */
export function beyondCase({ title, rules, config = {}, steps, note }, privilege) {
  return {
    schema: 1,
    kind: 'pinned',
    family: 'stage2',
    title: `${title[0].toUpperCase()}${title.slice(1)}, at ${EL[privilege]}`,
    note: ['The table of page_fault_test has no such row.', note].filter(Boolean).join(' '),
    rules: rules.map((id) => ({ id })),
    scenario: armScenario({ privilege, ...config }, steps),
  };
}
