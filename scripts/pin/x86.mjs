// The cases of corpus/stage2/page-fault-test: the rows of the selftest that mean something on x86.
import { get, HOLES, hole, LOG, MISSING, PLAIN, rowsOfTable } from './selftest.mjs';

/** The guest functions of the selftest. `expects` is what a hole holds once it is filled: the comparand that matches. */
const ACCESSES = {
  guest_read64: { slug: 'read64', words: 'an 8-byte load', rules: ['access.load-value'], op: { op: 'load' } },
  guest_ld_preidx: {
    slug: 'load-writeback',
    words: 'a push from memory',
    differs: 'A load that updates a register beside its target: push with a memory source, which moves RSP.',
    rules: ['access.string-registers'],
    op: { op: 'push' },
  },
  guest_cas: {
    slug: 'cas',
    words: 'a lock cmpxchg',
    differs: 'Compare-and-swap is lock cmpxchg, and the comparand is what memory holds.',
    writes: true,
    updates: true,
    rules: ['access.atomic-update'],
    op: { op: 'cmpxchg', value: '0x123456789abcdef0' },
  },
  guest_write64: {
    slug: 'write64',
    words: 'an 8-byte store',
    writes: true,
    rules: ['access.store-content'],
    op: { op: 'store', value: '0x123456789abcdef0' },
  },
  guest_st_preidx: {
    slug: 'store-writeback',
    words: 'a movs',
    differs: 'A store that updates its base register: movs, which moves RDI and RSI.',
    writes: true,
    rules: ['access.string-registers', 'access.store-content'],
    op: { op: 'movs' },
  },
  guest_dc_zva: {
    slug: 'zero-block',
    words: 'a rep stos of 64 bytes',
    differs: 'Zeroing a block is rep stos of eight zero words.',
    writes: true,
    rules: ['access.string-registers', 'access.store-content'],
    op: { op: 'rep_stos', count: 8, value: '0x0' },
  },
  guest_exec: {
    slug: 'exec',
    words: 'a fetch',
    differs: 'The guest jumps to a stub in the data page.',
    rules: ['access.fetch'],
    op: { op: 'fetch', width: 2, offset: 0xf80 },
  },
  // No function of the selftest: what KVM_RUN fails for on x86.
  undecodable: {
    slug: 'undecodable',
    words: 'an AVX store',
    privileges: ['user'],
    writes: true,
    fails: true,
    rules: ['access.undecoded-vector'],
    op: { op: 'avx_store', width: 32 },
  },
};

const AF = {
  with_af:
    'The access flag is the A bit, and each level has one: all start clear, written by the host, so that nothing has dirtied the tables before the access.',
  no_af: 'A and D bits are set from the start, so that the walk has nothing to update.',
};
const WALK_FAULTS =
  'The walk reads three tables of the region, so that it sends three messages, one for each level; whether they say write depends on who walks, and is probed.';
const READ_MAY =
  'On x86 a read that the processor makes may mark its page, because KVM may map it writable at once; only a page that nobody touched must stay clean.';
const UNDECODABLE =
  'Beside the rows without a valid syndrome, for which KVM_RUN fails on aarch64: on x86 it does for what the emulator cannot decode.';
const RO_DATA =
  'Only the data slot is read-only: tables in a read-only slot can be walked under shadow paging only, and have a case of their own among the regressions.';
const NO_SYNDROME =
  'x86 has no syndrome that could be missing: the emulator decodes the instruction, and the write exits as MMIO.';
const NO_WRITE_FAULT =
  'A plain write never reaches the memory of a read-only slot, so that there is no message for the data.';
/** What each macro of the selftest's table becomes, by slug. */
const GROUPS = {
  access: {
    title: 'Plain memory',
    says: () => 'sets the A bits and raises no fault',
    rules: ({ writes }) => [...(writes ? ['paging.dirty-set'] : [])],
    config: () => ({}),
    before: [],
  },
  hole: {
    title: 'A hole in the data',
    says: ({ writes }) => (writes ? 'populates it again' : 'reads zeroes'),
    rules: () => ['hole.zeroes'],
    config: () => ({}),
    before: [hole('data', 0, 1)],
    filled: 'zero',
  },
  uffd: {
    title: 'Holes in data and page tables, userfaultfd on both',
    says: ({ writes }) => `sends a message for each table and a ${writes ? 'write' : 'read'} message for the data`,
    rules: () => ['uffd.missing', 'uffd.write-flag', 'uffd.copy'],
    differs: () => [WALK_FAULTS],
    config: () => ({ pt: { uffd: MISSING }, data: { uffd: MISSING } }),
    before: HOLES,
    filled: 'copy',
  },
  'dirty-log': {
    title: 'Dirty log on data and page tables',
    says: (access, af) => marks(access, af),
    rules: dirtyRules,
    differs: ({ writes }) => (writes ? [] : [READ_MAY]),
    config: () => ({ pt: { flags: LOG }, data: { flags: LOG } }),
    before: [get('pt'), get('data')],
    after: [get('data'), get('pt')],
  },
  'uffd-and-dirty-log': {
    title: 'Holes, userfaultfd and dirty log on data and page tables',
    says: (access, af) => `sends its messages, and ${marks(access, af)}`,
    rules: (access, af) => ['uffd.missing', 'uffd.write-flag', 'uffd.copy', ...dirtyRules(access, af)],
    differs: ({ writes }) => [WALK_FAULTS, ...(writes ? [] : [READ_MAY])],
    config: () => ({ pt: { flags: LOG, uffd: MISSING }, data: { flags: LOG, uffd: MISSING } }),
    before: [...HOLES, get('pt'), get('data')],
    after: [get('data'), get('pt')],
    filled: 'copy',
  },
  'read-only': readOnly(false),
  'read-only-and-dirty-log': readOnly(true),
  'read-only-and-uffd': {
    title: 'Holes, userfaultfd on data and page tables, a read-only data slot',
    says: ({ writes, updates, fails }) =>
      fails
        ? 'fails and sends no message for the data'
        : !writes
          ? 'sends its messages and does not exit'
          : updates
            ? 'sends a message for its read and exits with the write'
            : 'exits as MMIO and sends no message for the data',
    rules: (access) => [
      ...readonlyRules(access),
      'uffd.missing',
      ...(access.writes && !access.updates ? ['readonly.no-userfault-on-write'] : ['uffd.copy']),
    ],
    differs: (access) => [
      RO_DATA,
      WALK_FAULTS,
      ...(access.writes && access.slug !== 'write64' && !access.fails ? [NO_SYNDROME] : []),
      ...(access.writes && !access.updates ? [NO_WRITE_FAULT] : []),
    ],
    config: () => ({ pt: { uffd: MISSING }, data: { flags: { log: false, readonly: true }, uffd: MISSING } }),
    before: HOLES,
    filled: 'copy',
    exitsInstead: true,
    extra: ['undecodable'],
  },
};

/** A read-only data slot, with or without a dirty log. */
function readOnly(log) {
  return {
    title: log ? 'A read-only data slot with a dirty log' : 'A read-only data slot',
    says: ({ writes, fails }) =>
      !writes
        ? 'does not exit'
        : `${fails ? 'fails' : 'exits as MMIO'} and changes nothing${log ? ', not even the log' : ''}`,
    rules: (access) => [
      ...readonlyRules(access),
      ...(log ? [access.writes && !access.fails ? 'dirty.read-only' : 'dirty.untouched'] : []),
    ],
    differs: (access) => [
      RO_DATA,
      ...(access.writes && access.slug !== 'write64' && !access.fails ? [NO_SYNDROME] : []),
    ],
    config: () => ({ data: { flags: { log, readonly: true } } }),
    before: log ? [get('data')] : [],
    after: log ? [get('data')] : [],
    exitsInstead: true,
    extra: ['undecodable'],
  };
}

function marks({ writes }, af) {
  const tables = af === 'with_af' ? 'marks the tables' : 'leaves the tables clean';
  return writes ? `${tables} and the data` : `${tables} and need not mark the data`;
}

function dirtyRules({ writes }, af) {
  const rules = ['dirty.get-resets', 'dirty.untouched'];
  if (af === 'with_af') rules.push('dirty.table-update');
  return writes ? [...rules, 'dirty.write'] : rules;
}

function readonlyRules({ writes, updates, fails, op }) {
  if (!writes) return ['readonly.reads-memory'];
  if (fails) return [];
  const own = updates ? ['readonly.update'] : op.op === 'rep_stos' ? ['mmio.rep'] : [];
  return ['readonly.write-exits', 'readonly.keeps-memory', 'mmio.write-data', ...own];
}

function scenarioOf({ group, af }, { op }, privilege) {
  const set = af !== 'with_af';
  const { pt = {}, data = {} } = group.config();
  const secondPage = op.op === 'movs' && !group.before.includes(HOLES[0]);
  const access = {
    kind: 'access',
    op: op.op,
    width: 8,
    vcpu: 0,
    region: 'data',
    page: 0,
    offset: 0x100,
    value: '0x1122334455667788',
    comparand: op.op === 'cmpxchg' ? (group.filled ?? 'initial') : 'initial',
    count: 1,
    sweep: 1,
    // Bytes that differ from zeroes, unless the tables are dropped: a second page would be another walk.
    peer: secondPage ? { region: 'data', page: 1, offset: 0x40 } : { region: 'scratch' },
    ...op,
  };
  const config = {
    privilege,
    vcpus: 1,
    dirtyTracking: 'bitmap',
    initial: { pteA: set, pdeA: set, pdpteA: set, pteD: set },
    pt: { ...PLAIN, ...pt },
    data: { ...PLAIN, ...data, pages: secondPage ? 2 : 1, offsetPages: 0 },
    data2: null,
    none: { pages: 1, reads: ['0x0'] },
  };
  return {
    schema: 1,
    family: 'stage2',
    arch: 'x86_64',
    config,
    steps: [...group.before, access, ...(group.after ?? [])],
  };
}

function caseOf(row, privilege) {
  const { group, af } = row;
  const access = ACCESSES[row.access];
  const bits = group.af === undefined ? `, A bits ${af === 'with_af' ? 'clear' : 'set'}` : '';
  // An MMIO write leaves no bytes in memory.
  const own = access.rules.filter((id) => !(group.exitsInstead && id === 'access.store-content'));
  const ids = [...group.rules(access, af), ...own, ...(af === 'with_af' ? ['paging.accessed-set'] : [])];
  const from = row.name === undefined ? UNDECODABLE : `Row ${row.number} of page_fault_test, ${row.name}.`;
  const differs = [access.differs, group.af === undefined && AF[af], ...(group.differs?.(access) ?? [])];
  return {
    schema: 1,
    kind: 'pinned',
    family: 'stage2',
    title: `${group.title}${bits}: ${access.words} at ${privilege === 'kernel' ? 'CPL0' : 'CPL3'} ${group.says(access, af)}`,
    note: [from, ...differs.filter(Boolean)].join(' '),
    rules: ids.map((id) => ({ id })),
    scenario: scenarioOf(row, access, privilege),
  };
}

/** File name to privilege of a row's cases; none for a row without a counterpart. */
function filesOf({ group, access, af }) {
  const { slug, privileges = ['kernel', 'user'] } = ACCESSES[access] ?? { privileges: [] };
  const bits = group.af === undefined ? (af === 'with_af' ? '-af' : '-no-af') : '';
  return privileges.map((privilege) => [
    `${group.slug}-${slug}${bits}-${privilege === 'kernel' ? 'cpl0' : 'cpl3'}.json`,
    privilege,
  ]);
}

function readme() {
  const line = (row) => {
    const files = filesOf(row).map(([name]) => `\`${name.replace('.json', '')}\``);
    return `| ${row.number ?? ''} | ${row.name === undefined ? 'x86 only' : `\`${row.name.replaceAll('|', '\\|')}\``} | ${files.join(', ') || 'left out'} |`;
  };
  return `# The rows of page_fault_test on x86

The selftest \`page_fault_test\` has a table of 65 rows for aarch64. Each row that means something on x86 has its cases
here, at CPL0 and at CPL3; the title of a case says the row in words, its note what differs. \`node scripts/pin.mjs\` writes this
directory from the table in that script.

Left out, seven rows: every \`guest_at\`. The instruction translates an address and accesses nothing behind it, and x86 has none
that does. Its nearest relative, \`prefetchw\`, is a hint that need not even walk the tables.

| row | in the selftest | cases |
| --- | --- | --- |
${ROWS.map(line).join('\n')}
`;
}

const ROWS = rowsOfTable(GROUPS);

/** The directory below `corpus/stage2`, its README, and its cases by file name. */
export const X86_CASES = {
  directory: 'page-fault-test',
  readme,
  cases: () => new Map(ROWS.flatMap((row) => filesOf(row).map(([name, privilege]) => [name, caseOf(row, privilege)]))),
};
