/** The table of the kernel's page_fault_test: what each of its 65 rows demands, the model must demand. */
import { describe, expect, test } from 'vitest';
import type { Expectation, Expected } from '../../../src/model/expectation.js';
import { predictStage2 } from '../../../src/model/stage2/predict.js';
import { ARM_PTE_BIT } from '../../../src/scenario/stage2/arch.js';
import type { Access, ArmConfig, DirtyLog, Hole, Step } from '../../../src/scenario/stage2.js';
import { isValidStage2 } from '../../../src/scenario/stage2/constraints.js';
import { armProfile } from '../../arbitraries/profiles.js';
import { armAccess, armConfig, armScenario, uffd } from '../../scenario/examples.js';

type Guest = 'read64' | 'ld_preidx' | 'cas' | 'write64' | 'st_preidx' | 'dc_zva' | 'exec' | 'at';

const store = armAccess({ op: 'str', value: '0x123456789abcdef' });
/** The accesses of the selftest's guest functions; a write is read back. */
const ACCESSES: Readonly<Record<Guest, readonly Access[]>> = {
  read64: [armAccess()],
  ld_preidx: [armAccess({ op: 'ldr_pre' })],
  cas: [{ ...store, op: 'cas', comparand: 'value' }],
  write64: [store, armAccess()],
  st_preidx: [{ ...store, op: 'str_pre' }],
  dc_zva: [armAccess({ op: 'dc_zva', width: 64 })],
  exec: [armAccess({ op: 'blr', width: 4, offset: 0xf80 })],
  at: [armAccess({ op: 'at_s1e1r', width: 1 })],
};
const WRITES: ReadonlySet<Guest> = new Set(['cas', 'write64', 'st_preidx', 'dc_zva']);

/** What the selftest counts and checks. Undefined: it does not look. */
interface Row {
  readonly guest: Guest;
  /** The access flag is clear and the processor manages it. */
  readonly withFlag: boolean;
  readonly flags?: { readonly log: boolean; readonly readonly: boolean };
  readonly userfaultfd?: boolean;
  readonly holes?: readonly ('pt' | 'data')[];
  readonly userfaults?: number;
  readonly exits?: number;
  readonly failures?: number;
  readonly dataDirty?: boolean;
  readonly tableDirty?: boolean;
}

const BOTH = ['data', 'pt'] as const;
const none = { log: false, readonly: false };

/** `read64` with the flag clear, `read64-` with it set and managed by software. */
function rows(names: string, common: (guest: Guest, withFlag: boolean) => Omit<Row, 'guest' | 'withFlag'>): Row[] {
  return names.split(' ').map((name) => {
    const withFlag = !name.endsWith('-');
    const guest = name.replace('-', '') as Guest;
    return { guest, withFlag, ...common(guest, withFlag) };
  });
}

const FAULTS = (guest: Guest): number => (guest === 'at' ? 1 : 2);
const MARKS = (guest: Guest, tableDirty: boolean): Partial<Row> => ({ dataDirty: WRITES.has(guest), tableDirty });
const READONLY = 'read64- ld_preidx- at- exec- write64- dc_zva- cas- st_preidx-';
/** What a write to a read-only slot does. */
const refused = (guest: Guest): Partial<Row> => ({
  exits: guest === 'write64' ? 1 : 0,
  failures: WRITES.has(guest) && guest !== 'write64' ? 1 : 0,
});

const TABLE: Readonly<Record<string, readonly Row[]>> = {
  'hardware sets the access flag': rows('read64 ld_preidx cas write64 st_preidx dc_zva exec', () => ({})),
  'a hole in the data': rows('read64- cas- ld_preidx- write64- st_preidx- at- dc_zva-', () => ({ holes: ['data'] })),
  'holes and userfaultfd': rows('read64 read64- cas at- ld_preidx write64 dc_zva st_preidx exec', (guest) => ({
    holes: BOTH,
    userfaultfd: true,
    userfaults: FAULTS(guest),
  })),
  'dirty logging': rows('read64 read64- ld_preidx at- exec write64 cas dc_zva st_preidx', (guest, withFlag) => ({
    flags: { log: true, readonly: false },
    ...MARKS(guest, withFlag),
  })),
  'holes, userfaultfd and dirty logging': rows(
    'read64 read64- ld_preidx at exec write64 cas dc_zva st_preidx',
    (guest, withFlag) => ({
      flags: { log: true, readonly: false },
      holes: BOTH,
      userfaultfd: true,
      userfaults: FAULTS(guest),
      ...MARKS(guest, withFlag),
    }),
  ),
  'read-only slots': rows(READONLY, (guest) => ({ flags: { log: false, readonly: true }, ...refused(guest) })),
  'read-only slots with dirty logging': rows(READONLY, (guest) => ({
    flags: { log: true, readonly: true },
    ...refused(guest),
    dataDirty: false,
  })),
  'read-only slots, holes and userfaultfd': rows(READONLY, (guest) => ({
    flags: { log: false, readonly: true },
    holes: BOTH,
    userfaultfd: true,
    ...refused(guest),
    userfaults: guest === 'at' || guest === 'dc_zva' || guest === 'st_preidx' ? 1 : 2,
  })),
};

/** The leaf table's page of `pt`. */
const TABLE_PAGE = 2;

/** Beside the selftest, the log is fetched before the access: its guest dirties the table when it clears the flag. */
function stepsOf({ guest, holes = [], flags = none }: Row): Step[] {
  const hole = (region: 'pt' | 'data'): Hole => {
    const page = region === 'pt' ? TABLE_PAGE : 0;
    return { kind: 'hole', region, page, pages: 1, how: 'dontneed' };
  };
  const get = (region: 'pt' | 'data'): DirtyLog => ({ kind: 'dirtyLog', action: 'get', region });
  const gets = flags.log ? [get('data'), get('pt')] : [];
  return [...holes.map(hole), ...gets, ...ACCESSES[guest], ...gets];
}

function configOf({ withFlag, flags = none, userfaultfd = false }: Row): ArmConfig {
  const { data, pt } = armConfig();
  const common = { flags, uffd: userfaultfd ? uffd() : null };
  return armConfig({
    ha: withFlag,
    initial: { af: !withFlag, dbm: false, writable: true },
    pt: { ...pt, ...common },
    data: { ...data, pages: 1, ...common },
  });
}

/** Everything that the model predicts for certain. */
function eventsOf(expectation: Expectation): Expected[] {
  return expectation.steps.flatMap(({ outcomes }) => {
    expect(outcomes).toHaveLength(1);
    return outcomes[0]?.events ?? [];
  });
}

function check(row: Row, events: readonly Expected[]): void {
  const count = (kind: Expected['kind']): number => events.filter((event) => event.kind === kind).length;
  expect(count('uffd')).toBe(row.userfaults ?? 0);
  expect(count('mmio')).toBe(row.exits ?? 0);
  expect(events.filter((event) => event.kind === 'run_error' && event.errno === 38)).toHaveLength(row.failures ?? 0);
  expect(count('exception') + count('sigbus') + count('memory_fault')).toBe(0);
  expect(count('done')).toBe(ACCESSES[row.guest].length - (row.failures ?? 0));
  const leaves = events.filter((event) => event.kind === 'ptes').map(({ pte }) => pte);
  const flag = 1n << BigInt(ARM_PTE_BIT.accessed);
  expect(leaves.every((leaf) => (leaf.known & flag) !== 0n && (leaf.value & flag) !== 0n)).toBe(true);
  const logs = events.filter((event) => event.kind === 'dirty');
  if (row.dataDirty !== undefined) checkLog(logs.at(-2), 0, row.dataDirty);
  if (row.tableDirty !== undefined) checkLog(logs.at(-1), TABLE_PAGE, row.tableDirty);
}

function checkLog(log: Extract<Expected, { kind: 'dirty' }> | undefined, page: number, dirty: boolean): void {
  expect(log?.pages.must.has(page)).toBe(dirty);
  expect(log?.pages.may.size).toBe(0);
}

test('the table has all rows of the selftest', () => {
  expect(Object.values(TABLE).flat()).toHaveLength(65);
});

for (const [title, table] of Object.entries(TABLE)) {
  describe(title, () => {
    for (const row of table) {
      test(`${row.guest} ${row.withFlag ? 'with the flag clear' : 'with the flag set'}`, () => {
        const scenario = armScenario(stepsOf(row), configOf(row));
        expect(isValidStage2(scenario)).toBe(true);
        check(row, eventsOf(predictStage2(scenario, armProfile())));
      });
    }
  });
}
