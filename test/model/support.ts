import { describe, expect, test } from 'vitest';
import { END_STEP, type Observation, type Observed } from '../../src/driver/observation.js';
import type { Expectation } from '../../src/model/expectation.js';
import { predictStage2, stage2Rule } from '../../src/model/stage2/predict.js';
import { judgeStage2 } from '../../src/oracle/stage2.js';
import type { Verdict } from '../../src/oracle/verdict.js';
import type { ArmProfile, OpAbility, Stage2Profile, X86Profile } from '../../src/scenario/profile.js';
import type { ArmConfig, Stage2Config, Stage2Scenario, Step, X86Config } from '../../src/scenario/stage2.js';
import { isValidStage2 } from '../../src/scenario/stage2/constraints.js';
import { fetchStub } from '../../src/scenario/stage2/arch.js';
import { FILL_TAG, fillWord, GPA } from '../../src/scenario/stage2/layout.js';
import type { ArmOp, Op, X86Op } from '../../src/scenario/stage2/ops.js';
import { armProfile, profile } from '../arbitraries/profiles.js';
import { armScenario, scenario } from '../scenario/examples.js';

// Machines.

const WIDE: readonly X86Op[] = ['cmpxchg16b', 'avx_load', 'avx_store', 'avx512_load', 'avx512_store'];

function abilities(kernelMemory: OpAbility['memory']): X86Profile['ops'] {
  const user: OpAbility = { memory: 'runs', mmio: 'undecoded' };
  const wide = WIDE.map((op) => [op, { kernel: { memory: kernelMemory, mmio: 'undecoded' }, user }] as const);
  return { ...profile().ops, ...Object.fromEntries(wide) };
}

/**
 * How guest code can run. x86: `emulated` at CPL0 and `native` at CPL3 under shadow paging, `nested` under two-dimensional
 * paging. arm64: `el1` and `el0`, on processors that differ in all that an implementation chooses.
 */
export const MACHINES = {
  emulated: { privilege: 'kernel', profile: profile({ ops: abilities('undecoded') }) },
  native: { privilege: 'user', profile: profile({ ops: abilities('undecoded') }) },
  nested: {
    privilege: 'kernel',
    profile: profile({
      paging: 'tdp',
      kernelRunsNatively: true,
      walkDirtiesTables: 'always',
      readOnlyTables: 'undefined',
      memoryFaultExit: true,
      ops: abilities('runs'),
    }),
  },
  el1: { privilege: 'kernel', profile: armProfile() },
  el0: {
    privilege: 'user',
    profile: armProfile({ atomicFaults: 'write_at_once', atSetsAccessFlag: false, maintenanceLoads: false }),
  },
} as const satisfies Record<string, { privilege: Stage2Config['privilege']; profile: Stage2Profile }>;
export type Machine = keyof typeof MACHINES;
export const X86: readonly Machine[] = ['emulated', 'native', 'nested'];
export const ARM: readonly Machine[] = ['el1', 'el0'];
const ALL: readonly Machine[] = [...X86, ...ARM];
/** Where instructions run on the processor and the tables are walked by KVM or by the processor alike. */
export const ON_PROCESSOR: readonly Machine[] = ['native', 'nested', ...ARM];

/** Error-code bit of user accesses. */
export function userBit(machine: Machine): number {
  return MACHINES[machine].privilege === 'user' ? 4 : 0;
}

// Observations.

type WithoutStep<T> = T extends unknown ? Omit<T, 'step'> : never;
/** An event before it is known in which step it comes. */
export type Seen = WithoutStep<Observed>;

/** Events by step; the last list is what comes after the last step. */
export function observe(steps: readonly (readonly Seen[])[], end: readonly Seen[] = []): Observation {
  const at = (events: readonly Seen[], step: number): Observed[] => events.map((event) => ({ ...event, step }));
  const events = [...steps.flatMap(at), ...at(end, END_STEP)];
  return { status: 'ok', detail: '', reused: false, events };
}

interface Registers {
  readonly rax?: bigint;
  readonly rdx?: bigint;
  readonly rflags?: number;
  readonly vcpu?: 0 | 1;
}

export function done({ rax = 0n, rdx = 0n, rflags = 2, vcpu = 0 }: Registers = {}): Seen {
  return { kind: 'done', vcpu, rax, rdx, rflags };
}

export function registers(rdi: number, rsi: number): Seen {
  return { kind: 'registers', vcpu: 0, rdi, rsi, rcx: 0 };
}

export function mmio(direction: 'read' | 'write', gpa: number, len: number, data: bigint): Seen {
  return { kind: 'mmio', vcpu: 0, write: direction === 'write', gpa, len, data };
}

export function pageFault(errorCode: number, cr2: number): Seen {
  return { kind: 'exception', vcpu: 0, vector: 14, errorCode, cr2, ripOffset: 0 };
}

export function result(errno = 0, value = 0n): Seen {
  return { kind: 'result', vcpu: 'host', errno, byDriver: false, value };
}

export function internalError(): Seen {
  return { kind: 'internal_error', vcpu: 0, suberror: 1, atLabel: true };
}

type Region = 'pt' | 'data' | 'data2';

export function userfault(flags: 'read' | 'write' | 'minor' | 'wp', page = 0, region: Region = 'data'): Seen {
  const write = flags === 'write' || flags === 'wp';
  const message = { write, wp: flags === 'wp', minor: flags === 'minor', answer: 0, errno: 0 };
  return { kind: 'uffd', vcpu: 0, region, page, ...message };
}

export function signal(vcpu: 0 | 'host', page = 0, region: Region = 'data'): Seen {
  return { kind: 'sigbus', vcpu, region, page, code: 4 };
}

/** Dirty pages of a slot, as one word of the bitmap. */
export function dirty(bits: bigint, region: Region = 'data'): Seen {
  return { kind: 'dirty_word', vcpu: 'host', region, index: 0, bits };
}

export function ringEntry(page: number): Seen {
  return { kind: 'ring_entry', vcpu: 0, region: 'data', page };
}

/** Leaf entry of the first data page. */
export function leaf(pte: bigint): Seen {
  return { kind: 'ptes', vcpu: 0, region: 'data', page: 0, entries: { pte, pde: undefined, pdpte: undefined } };
}

/** A page at the end: its base, and the words that differ from it. */
export function holds(
  region: Region,
  page: number,
  base: 'initial' | 'zero' | 'copy',
  words: Readonly<Record<number, bigint>> = {},
): Seen[] {
  const differing = Object.entries(words);
  return [
    { kind: 'page', vcpu: 'host', region, page, base, differing: differing.length },
    ...differing.map(([offset, value]): Seen => ({
      kind: 'page_word',
      vcpu: 'host',
      region,
      page,
      offset: Number(offset),
      value,
    })),
  ];
}

// Values.

/** A word of a data page's fill. */
export function word(offset = 0, page = 0, tag: keyof typeof FILL_TAG = 'initial'): bigint {
  return fillWord(FILL_TAG[tag], 2, page, offset, fetchStub('x86_64'));
}

/** The leaf entry of a data page with these low bits. */
export function entry(bits: number, page = 0): bigint {
  return BigInt(GPA.data + page * 4096 + bits);
}

export function inverted(value: bigint): bigint {
  return BigInt.asUintN(64, ~value);
}

// Rules.

/** A step with what conforms, what breaks the rule (the same unless given), and what also conforms where the rule is a liberty. */
export type Row = readonly [
  step: Step,
  seen: readonly Seen[],
  broken?: readonly Seen[] | undefined,
  fine?: readonly Seen[],
];
type Rows = readonly Row[];
type End = readonly [seen: readonly Seen[], broken?: readonly Seen[], fine?: readonly Seen[]];

/** One rule on both sides: the least scenario in which it decides, what conforms to it and what breaks it alone. */
export interface RuleCase {
  readonly rule: string;
  /** What is special about this case of the rule. */
  readonly about?: string;
  /** Where the rule decides; unless given, on every machine of the architecture that it is about. */
  readonly on?: readonly Machine[];
  readonly config?: Partial<X86Config> | Partial<ArmConfig>;
  readonly profile?: Partial<X86Profile> | Partial<ArmProfile>;
  readonly steps: Rows | ((machine: Machine) => Rows);
  readonly end?: End;
  /** The rule that a report names, where the sentence has no event of its own. */
  readonly blames?: string | ((machine: Machine) => string);
  /**
   * What `broken` is to the model without the rule. `demanded`: just what it predicts. `refused`: the rule is a liberty,
   * without which `seen` is refused. `open`: the liberty is such that nothing breaks it.
   */
  readonly plant?: 'demanded' | 'refused' | 'open';
}

export interface Sides {
  readonly scenario: Stage2Scenario;
  readonly profile: Stage2Profile;
  readonly seen: Observation;
  readonly broken: Observation;
  readonly fine: Observation;
}

/** What is called otherwise on aarch64, where cases of shared rules are the same but for that. */
const ON_ARM: Readonly<Partial<Record<Op, ArmOp>>> = { load: 'ldr', store: 'str', xchg: 'swp' };

function renamed<A extends { readonly op: Op }>(access: A): A {
  return { ...access, op: ON_ARM[access.op] ?? access.op };
}

/** A step as the architecture spells it. */
function spelled(step: Step, arch: Stage2Profile['arch']): Step {
  if (arch === 'x86_64') return step;
  if (step.kind === 'access') return renamed(step);
  return step.kind === 'race' ? { ...step, a: renamed(step.a), b: renamed(step.b) } : step;
}

function rowsOf(one: RuleCase, machine: Machine): Rows {
  return typeof one.steps === 'function' ? one.steps(machine) : one.steps;
}

/** The machines that a case is about. */
function machinesOf({ rule }: RuleCase): readonly Machine[] {
  const arch = stage2Rule(rule)?.arch;
  return arch === undefined ? ALL : arch === 'x86_64' ? X86 : ARM;
}

/** The scenario of a case on a machine, and its observations. */
export function sidesOf(one: RuleCase, machine: Machine): Sides {
  const rows = rowsOf(one, machine);
  const { privilege, profile: base } = MACHINES[machine];
  const end = one.end ?? [[]];
  const steps = rows.map(([step]) => spelled(step, base.arch));
  const changes = { ...one.config, privilege };
  return {
    scenario:
      base.arch === 'x86_64'
        ? scenario(steps, changes as Partial<X86Config>)
        : armScenario(steps, changes as Partial<ArmConfig>),
    profile: { ...base, ...one.profile } as Stage2Profile,
    seen: observe(
      rows.map(([, seen]) => seen),
      end[0],
    ),
    broken: observe(
      rows.map(([, seen, broken]) => broken ?? seen),
      end[1] ?? end[0],
    ),
    fine: observe(
      rows.map(([, seen, , fine]) => fine ?? seen),
      end[2] ?? end[0],
    ),
  };
}

/** What the model demands of a case on a machine, with or without the rule. */
export function expectation({ scenario, profile }: Sides, without?: string): Expectation {
  return predictStage2(scenario, profile, without === undefined ? undefined : stage2Rule(without));
}

const MATCH: Verdict = { kind: 'match' };

function blamed(verdict: Verdict): string {
  return verdict.kind === 'divergence' ? verdict.mismatches[0].rule : verdict.kind;
}

/** Kinds of events that an observation may lack: sets that are compared as such, and what could not be read. */
const OPTIONAL: ReadonlySet<Observed['kind']> = new Set(['ptes', 'dirty_word', 'ring_entry', 'page', 'page_word']);

function checkCase(one: RuleCase, machine: Machine): void {
  const sides = sidesOf(one, machine);
  const { seen, broken, fine } = sides;
  const plant = one.plant ?? 'demanded';
  const blames = typeof one.blames === 'function' ? one.blames(machine) : one.blames;
  expect(isValidStage2(sides.scenario)).toBe(true);
  const intact = expectation(sides);
  const planted = expectation(sides, one.rule);

  expect(intact.skip).toBe(undefined);
  expect(intact.decided.has(one.rule)).toBe(true);
  expect(judgeStage2(intact, seen)).toEqual(MATCH);
  expect(judgeStage2(intact, fine)).toEqual(MATCH);
  expect(judgeStage2(planted, seen).kind).toBe('divergence');
  if (plant !== 'open') expect(blamed(judgeStage2(intact, broken))).toBe(blames ?? one.rule);
  if (plant === 'demanded') expect(judgeStage2(planted, broken)).toEqual(MATCH);
  // Nor may anything that conforms be missing.
  if (plant === 'open') return;
  for (const event of seen.events) {
    if (OPTIONAL.has(event.kind)) continue;
    const events = seen.events.filter((other) => other !== event);
    expect([event, judgeStage2(intact, { ...seen, events }).kind]).toEqual([event, 'divergence']);
  }
}

/** Tests of the rules of one topic, on these machines where a case does not say. */
export function describeRules(topic: string, cases: readonly RuleCase[], machines?: readonly Machine[]): void {
  describe(topic, () => {
    for (const one of cases) {
      for (const machine of one.on ?? machines ?? machinesOf(one)) {
        const about = one.about === undefined ? '' : `, ${one.about}`;
        test(`${one.rule} (${machine}${about})`, () => {
          checkCase(one, machine);
        });
      }
    }
  });
}
