// The cases of corpus/stage2/page-fault-test-arm64: every row of the selftest's table, and what the table leaves out.
import { BEYOND, beyondCase, beyondFiles } from './arm64-beyond.mjs';
import { armScenario, EL } from './arm64-scenario.mjs';
import { get, HOLES, hole, LOG, MISSING, rowsOfTable, SILENT } from './selftest.mjs';

/** The guest functions of the selftest. */
const ACCESSES = {
  guest_read64: { slug: 'read64', words: 'an 8-byte load', rules: ['access.load-value'], op: { op: 'ldr' } },
  guest_ld_preidx: { slug: 'ld-preidx', words: 'a pre-indexed load', rules: ['arm.write-back'], op: { op: 'ldr_pre' } },
  guest_cas: {
    slug: 'cas',
    words: 'a compare-and-swap',
    writes: true,
    updates: true,
    rules: ['access.atomic-update', 'arm.atomic-old-value'],
    op: { op: 'cas', value: '0x123456789abcdef0' },
  },
  guest_write64: {
    slug: 'write64',
    words: 'an 8-byte store',
    writes: true,
    rules: ['access.store-content'],
    op: { op: 'str', value: '0x123456789abcdef0' },
  },
  guest_st_preidx: {
    slug: 'st-preidx',
    words: 'a pre-indexed store',
    writes: true,
    rules: ['arm.write-back', 'access.store-content'],
    op: { op: 'str_pre', value: '0x123456789abcdef0' },
  },
  guest_dc_zva: {
    slug: 'dc-zva',
    words: 'a dc zva',
    writes: true,
    rules: ['arm.zero-block'],
    op: { op: 'dc_zva', width: 64, value: '0x0' },
  },
  guest_exec: {
    slug: 'exec',
    words: 'a fetch',
    rules: ['access.fetch'],
    op: { op: 'blr', width: 4, offset: 0xf80 },
  },
  guest_at: {
    slug: 'at',
    words: 'an at s1e1r',
    translates: true,
    rules: ['arm.at-result'],
    op: { op: 'at_s1e1r', width: 1 },
  },
};

const AF = {
  with_af:
    'TCR_EL1.HA is on and the access flag starts clear, written by the host: the selftest clears it with a store of the guest, after which the page of the table is dirty before the access.',
  no_af: 'TCR_EL1.HA is off and the access flag is set, so that the walk has nothing to update.',
};
const WALK_FAULTS =
  'The selftest answers for the whole region at once; here each of the three tables on the walk is a page of its own with a message of its own, and that of a walk says read even when the walk goes on to set the flag.';
const READS_FIRST = 'That an atomic faults as a read first is the choice of the processor, and is probed.';
const AT_CHOICE =
  'Whether the instruction sets the access flag, and so dirties the table, is the choice of the processor.';
const OWN_MMIO =
  "The selftest counts a message for the data, too: its handler of the MMIO exit writes the bytes into the hole. KVM's own part sends none.";

const WALK = ['uffd.missing', 'uffd.copy', 'arm.walk-reads'];

/** What each macro of the selftest's table becomes, by slug. */
const GROUPS = {
  access: {
    title: 'Plain memory',
    says: () => 'sets the access flag and raises no fault',
    rules: () => [],
    config: () => ({}),
  },
  hole: {
    title: 'A hole in the data',
    says: ({ writes, translates }) => (translates ? 'leaves it alone' : writes ? 'populates it again' : 'reads zeroes'),
    rules: ({ translates }) => (translates ? [] : ['hole.zeroes']),
    config: () => ({}),
    before: [hole('data', 0, 1)],
    filled: 'zero',
  },
  uffd: {
    title: 'Holes in data and page tables, userfaultfd on both',
    says: messages,
    rules: (access) => (access.translates ? WALK : [...WALK, 'uffd.write-flag']),
    differs: () => [WALK_FAULTS],
    config: () => ({ pt: { uffd: MISSING }, data: { uffd: MISSING } }),
    before: HOLES,
    filled: 'copy',
  },
  'dirty-log': {
    title: 'Dirty log on data and page tables',
    says: marks,
    rules: dirtyRules,
    config: () => ({ pt: { flags: LOG }, data: { flags: LOG } }),
    before: [get('pt'), get('data')],
    after: [get('data'), get('pt')],
  },
  'uffd-and-dirty-log': {
    title: 'Holes, userfaultfd and dirty log on data and page tables',
    says: (access, af) => `${messages(access)}, and ${marks(access, af)}`,
    rules: (access, af) => [...WALK, ...(access.translates ? [] : ['uffd.write-flag']), ...dirtyRules(access, af)],
    differs: () => [WALK_FAULTS],
    config: () => ({ pt: { flags: LOG, uffd: MISSING }, data: { flags: LOG, uffd: MISSING } }),
    before: [...HOLES, get('pt'), get('data')],
    after: [get('data'), get('pt')],
    filled: 'copy',
  },
  'read-only': readOnly(false),
  'read-only-and-dirty-log': readOnly(true),
  'read-only-and-uffd': {
    title: 'Holes and userfaultfd on data and page tables, both in read-only slots',
    says: (access, _af, name) => {
      const walk = 'sends a message for each table';
      if (access.translates) return `${walk} and none for the data`;
      if (name === 'guest_cas') return `${walk} and one for its read, and fails`;
      if (SILENT.has(name)) return `${walk} and none for the data, and fails`;
      return access.writes ? `${walk} and none for the data, and exits as MMIO` : `${walk} and one for the data`;
    },
    rules: (access, _af, name) => [
      ...WALK,
      'arm.read-only-tables',
      ...readonlyRules(access, name),
      ...(name === 'guest_cas' ? ['arm.atomic-reads-first'] : []),
      ...(access.writes && name !== 'guest_cas' ? ['readonly.no-userfault-on-write'] : []),
    ],
    differs: (access) => [WALK_FAULTS, access.slug === 'write64' && OWN_MMIO],
    config: () => {
      const region = { flags: { log: false, readonly: true }, uffd: MISSING };
      return { pt: region, data: region };
    },
    before: HOLES,
    filled: 'copy',
    exitsInstead: true,
  },
};

/** Data and page tables in read-only slots, with or without a dirty log. */
function readOnly(log) {
  const flags = { log, readonly: true };
  const reads = log ? [get('pt'), get('data')] : [];
  return {
    title: log ? 'Read-only slots with a dirty log' : 'Read-only slots',
    says: ({ writes }, _af, name) =>
      !writes
        ? 'does not exit'
        : `${SILENT.has(name) ? 'fails' : 'exits as MMIO'} and changes nothing${log ? ', not even the log' : ''}`,
    rules: (access, _af, name) => [
      'arm.read-only-tables',
      ...readonlyRules(access, name),
      ...(log ? ['dirty.untouched', ...(access.writes ? ['dirty.read-only'] : [])] : []),
    ],
    config: () => ({ pt: { flags }, data: { flags } }),
    before: reads,
    after: reads,
    exitsInstead: true,
  };
}

function messages({ writes, updates, translates }) {
  const walk = 'sends a message for each table';
  if (translates) return `${walk} and none for the data`;
  return `${walk} and one for the ${writes && !updates ? 'write' : 'read'} of the data`;
}

function marks({ writes, translates }, af) {
  if (translates && af === 'with_af') return 'marks the tables only if it sets the flag';
  const tables = af === 'with_af' ? 'marks the table' : 'leaves the tables clean';
  return writes ? `${tables} and the data` : `${tables} and does not mark the data`;
}

function dirtyRules({ writes, translates }, af) {
  const rules = ['dirty.get-resets', 'dirty.untouched'];
  if (af === 'with_af' && !translates) rules.push('dirty.table-update');
  if (writes) return [...rules, 'dirty.write'];
  return translates ? rules : [...rules, 'arm.read-clean'];
}

function readonlyRules({ writes, translates }, name) {
  if (translates) return [];
  if (!writes) return ['readonly.reads-memory'];
  if (SILENT.has(name)) return ['arm.no-syndrome'];
  return ['readonly.write-exits', 'readonly.keeps-memory', 'mmio.write-data'];
}

const ROWS = rowsOfTable(GROUPS);

function scenarioOf({ group, af }, { op }, privilege) {
  const withAf = af === 'with_af';
  const { pt, data } = group.config();
  const access = {
    width: 8,
    offset: 0x100,
    value: '0x1122334455667788',
    comparand: op.op === 'cas' ? (group.filled ?? 'initial') : 'initial',
    ...op,
  };
  const steps = [...(group.before ?? []), access, ...(group.after ?? [])];
  return armScenario({ privilege, ha: withAf, initial: { af: !withAf }, pt, data }, steps);
}

function caseOf(row, privilege) {
  const { group, af } = row;
  const access = ACCESSES[row.access];
  const varies = group.af === undefined;
  const bits = varies ? `, access flag ${af === 'with_af' ? 'clear' : 'set'}` : '';
  const own = group.exitsInstead && access.writes ? [] : access.rules;
  const flag = af !== 'with_af' ? [] : access.translates ? ['arm.at-access-flag'] : ['arm.access-flag-set'];
  const differs = [
    varies && AF[af],
    access.translates && af === 'with_af' && AT_CHOICE,
    access.updates && /uffd/.test(group.slug) && READS_FIRST,
    ...(group.differs?.(access) ?? []),
  ];
  return {
    schema: 1,
    kind: 'pinned',
    family: 'stage2',
    title: `${group.title}${bits}: ${access.words} at ${EL[privilege]} ${group.says(access, af, row.access)}`,
    note: [`Row ${row.number} of page_fault_test, ${row.name}.`, ...differs.filter(Boolean)].join(' '),
    rules: [...new Set([...group.rules(access, af, row.access), ...own, ...flag])].map((id) => ({ id })),
    scenario: scenarioOf(row, access, privilege),
  };
}

/** File name to privilege of a row's cases: the selftest runs at EL1, and most rows mean as much at EL0. */
function filesOf({ group, access, af }) {
  const { slug, translates } = ACCESSES[access];
  const bits = group.af === undefined ? (af === 'with_af' ? '-af' : '-no-af') : '';
  const privileges = translates ? ['kernel'] : ['kernel', 'user'];
  return privileges.map((privilege) => [`${group.slug}-${slug}${bits}-${EL[privilege].toLowerCase()}.json`, privilege]);
}

const quoted = (files) => files.map(([name]) => `\`${name.replace('.json', '')}\``).join(', ');

function readme() {
  const row = (each) => `| ${each.number} | \`${each.name.replaceAll('|', '\\|')}\` | ${quoted(filesOf(each))} |`;
  const more = ({ title, cases }) =>
    [`### ${title}`, '', ...cases.map((each) => `- ${quoted(beyondFiles(each))}: ${each.title}`)].join('\n');
  return `# page_fault_test on aarch64, and what it leaves out

The selftest \`page_fault_test\` has a table of 65 rows. Each row has its cases here, at EL1 as in the selftest and, where the
instruction is not one of EL1, at EL0; the title of a case says the row in words, its note what differs. Behind the table come
cases for what it leaves out. \`node scripts/pin.mjs\` writes this directory from the tables in \`scripts/pin\`.

The selftest clears the access flag with a store of the guest, which dirties the page of the table before the access whose walk
is to be seen in the log. Here the flag starts clear, or the log is read and reset between the store and the access.

## The rows

| row | in the selftest | cases |
| --- | --- | --- |
${ROWS.map(row).join('\n')}

## Beyond the table

${BEYOND.map(more).join('\n\n')}
`;
}

/** The directory below \`corpus/stage2\`, its README, and its cases by file name. */
export const ARM_CASES = {
  directory: 'page-fault-test-arm64',
  readme,
  cases: () =>
    new Map([
      ...ROWS.flatMap((row) => filesOf(row).map(([name, privilege]) => [name, caseOf(row, privilege)])),
      ...BEYOND.flatMap(({ cases }) =>
        cases.flatMap((each) => beyondFiles(each).map(([name, privilege]) => [name, beyondCase(each, privilege)])),
      ),
    ]),
};
