// Writes what is mechanical in the corpus: the cases of corpus/stage2/page-fault-test with their README from the table
// below, and in every other pinned case the sentences of its rules and the format. Run after a build: `node scripts/pin.mjs`.
// `--check` writes nothing and exits with 1 when something is stale.
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { FAMILIES } from '../dist/campaign/families.js';
import { formatCase } from '../dist/corpus/format.js';
import { loadCases } from '../dist/corpus/load.js';
import { root } from './run-tool.mjs';

const corpus = join(root, 'corpus');
const directory = join(corpus, 'stage2', 'page-fault-test');
const parsers = Object.fromEntries([...FAMILIES].map(([name, family]) => [name, family.parse]));
const sentences = new Map(
  [...FAMILIES.values()].flatMap(({ rules }) => rules.map(({ id, sentence }) => [id, sentence])),
);

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
    rules: ['access.undecoded'],
    op: { op: 'avx_store', width: 32 },
  },
};

/** They write without a valid syndrome on aarch64. */
const SILENT = new Set(['guest_dc_zva', 'guest_cas', 'guest_st_preidx']);

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
const MISSING = {
  missing: true,
  minor: false,
  wp: false,
  missingAnswers: ['copy'],
  minorAnswer: 'continue',
  wpAnswer: 'unprotect',
  delayUs: 0,
};
const LOG = { log: true, readonly: false };
const PLAIN = { backing: 'anon', flags: { log: false, readonly: false }, uffd: null };

const HOLES = [hole('pt', 0, 8), hole('data', 0, 1)];

/** The macros of the selftest's table, each with its rows in the order of the table. */
const GROUPS = [
  {
    macro: 'TEST_ACCESS',
    arguments: (row) => `${row.access}, ${row.af}, CMD_NONE`,
    slug: 'access',
    title: 'Plain memory',
    says: () => 'sets the A bits and raises no fault',
    rows: 'guest_read64 guest_ld_preidx guest_cas guest_write64 guest_st_preidx guest_dc_zva guest_exec',
    rules: ({ writes }) => [...(writes ? ['paging.dirty-set'] : [])],
    config: () => ({}),
    before: [],
  },
  {
    macro: 'TEST_ACCESS',
    arguments: (row) => `${row.access}, ${row.af}, CMD_HOLE_DATA`,
    slug: 'hole',
    title: 'A hole in the data',
    af: 'no_af',
    says: ({ writes }) => (writes ? 'populates it again' : 'reads zeroes'),
    rows: 'guest_read64 guest_cas guest_ld_preidx guest_write64 guest_st_preidx guest_at guest_dc_zva',
    rules: () => ['hole.zeroes'],
    config: () => ({}),
    before: [hole('data', 0, 1)],
    filled: 'zero',
  },
  {
    macro: 'TEST_UFFD',
    arguments: (row) => `${row.access}, ${row.af}, CMD_HOLE_DATA | CMD_HOLE_PT`,
    slug: 'uffd',
    title: 'Holes in data and page tables, userfaultfd on both',
    says: ({ writes }) => `sends a message for each table and a ${writes ? 'write' : 'read'} message for the data`,
    rows: 'guest_read64 guest_read64/no_af guest_cas guest_at/no_af guest_ld_preidx guest_write64 guest_dc_zva guest_st_preidx guest_exec',
    rules: () => ['uffd.missing', 'uffd.write-flag', 'uffd.copy'],
    differs: () => [WALK_FAULTS],
    config: () => ({ pt: { uffd: MISSING }, data: { uffd: MISSING } }),
    before: HOLES,
    filled: 'copy',
  },
  {
    macro: 'TEST_DIRTY_LOG',
    arguments: (row) => `${row.access}, ${row.af}`,
    slug: 'dirty-log',
    title: 'Dirty log on data and page tables',
    says: (access, af) => marks(access, af),
    rows: 'guest_read64 guest_read64/no_af guest_ld_preidx guest_at/no_af guest_exec guest_write64 guest_cas guest_dc_zva guest_st_preidx',
    rules: dirtyRules,
    differs: ({ writes }) => (writes ? [] : [READ_MAY]),
    config: () => ({ pt: { flags: LOG }, data: { flags: LOG } }),
    before: [get('pt'), get('data')],
    after: [get('data'), get('pt')],
  },
  {
    macro: 'TEST_UFFD_AND_DIRTY_LOG',
    arguments: (row) => `${row.access}, ${row.af}`,
    slug: 'uffd-and-dirty-log',
    title: 'Holes, userfaultfd and dirty log on data and page tables',
    says: (access, af) => `sends its messages, and ${marks(access, af)}`,
    rows: 'guest_read64 guest_read64/no_af guest_ld_preidx guest_at guest_exec guest_write64 guest_cas guest_dc_zva guest_st_preidx',
    rules: (access, af) => ['uffd.missing', 'uffd.write-flag', 'uffd.copy', ...dirtyRules(access, af)],
    differs: ({ writes }) => [WALK_FAULTS, ...(writes ? [] : [READ_MAY])],
    config: () => ({ pt: { flags: LOG, uffd: MISSING }, data: { flags: LOG, uffd: MISSING } }),
    before: [...HOLES, get('pt'), get('data')],
    after: [get('data'), get('pt')],
    filled: 'copy',
  },
  ...[false, true].map((log) => ({
    macro: (access) => `TEST_RO_MEMSLOT${SILENT.has(access) ? '_NO_SYNDROME' : ''}${log ? '_AND_DIRTY_LOG' : ''}`,
    arguments: (row) => row.access,
    slug: log ? 'read-only-and-dirty-log' : 'read-only',
    title: log ? 'A read-only data slot with a dirty log' : 'A read-only data slot',
    af: 'no_af',
    says: ({ writes, fails }) =>
      !writes
        ? 'does not exit'
        : `${fails ? 'fails' : 'exits as MMIO'} and changes nothing${log ? ', not even the log' : ''}`,
    rows: 'guest_read64 guest_ld_preidx guest_at guest_exec guest_write64 guest_dc_zva guest_cas guest_st_preidx undecodable',
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
  })),
  {
    macro: (access) => `TEST_RO_MEMSLOT${SILENT.has(access) ? '_NO_SYNDROME' : ''}_AND_UFFD`,
    arguments: (row) => row.access,
    slug: 'read-only-and-uffd',
    title: 'Holes, userfaultfd on data and page tables, a read-only data slot',
    af: 'no_af',
    says: ({ writes, updates, fails }) =>
      fails
        ? 'fails and sends no message for the data'
        : !writes
          ? 'sends its messages and does not exit'
          : updates
            ? 'sends a message for its read and exits with the write'
            : 'exits as MMIO and sends no message for the data',
    rows: 'guest_read64 guest_ld_preidx guest_at guest_exec guest_write64 guest_cas guest_dc_zva guest_st_preidx undecodable',
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
  },
];

function hole(region, page, pages) {
  return { kind: 'hole', region, page, pages, how: 'dontneed' };
}

function get(region) {
  return { kind: 'dirtyLog', action: 'get', region };
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

/** Every row of the selftest's table, with its number, and beside these what has none. */
function rowsOfTable() {
  let number = 0;
  return GROUPS.flatMap((group) =>
    group.rows.split(' ').map((text) => {
      const [access, af = group.af ?? 'with_af'] = text.split('/');
      if (access === 'undecodable') return { access, af, group };
      const macro = typeof group.macro === 'function' ? group.macro(access) : group.macro;
      const name = `${macro}(${group.arguments({ access, af })})`;
      return { access, af, group, number: ++number, name };
    }),
  );
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

function readme(rows) {
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
${rows.map(line).join('\n')}
`;
}

const check = process.argv.includes('--check');
const stale = [];

function put(file, text) {
  if (existsSync(file) && readFileSync(file, 'utf8') === text) return;
  stale.push(file);
  if (!check) writeFileSync(file, text);
}

/** The text of a case with today's sentences. A rule that is no more keeps what was said of it; a test finds it. */
function textOf(value) {
  const rules = value.rules.map(({ id, sentence }) => ({ id, sentence: sentences.get(id) ?? sentence ?? '' }));
  return formatCase({ ...value, rules, scenario: parsers[value.family](value.scenario) });
}

mkdirSync(directory, { recursive: true });
const rows = rowsOfTable();
const table = new Map(rows.flatMap((row) => filesOf(row).map(([name, privilege]) => [name, caseOf(row, privilege)])));
put(join(directory, 'README.md'), readme(rows));
for (const [name, value] of table) put(join(directory, name), textOf(value));
for (const name of readdirSync(directory)) {
  if (!name.endsWith('.json') || table.has(name)) continue;
  stale.push(join(directory, name));
  if (!check) rmSync(join(directory, name));
}
const { cases, errors } = loadCases([corpus], parsers);
for (const { file, case: value } of cases) if (value.kind === 'pinned') put(file, textOf(value));
for (const { line } of errors) process.stderr.write(`${line}\n`);
for (const file of stale) process.stdout.write(`${check ? 'stale' : 'wrote'} ${file}\n`);
process.exitCode = errors.length > 0 || (check && stale.length > 0) ? 1 : 0;
