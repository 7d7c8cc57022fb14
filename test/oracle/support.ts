import type { Observation } from '../../src/driver/observation.js';
import type { DirtyPages, Expectation, Expected, ExpectedPage, Masked, Outcome } from '../../src/model/expectation.js';
import { judgeStage2 } from '../../src/oracle/stage2.js';
import type { Mismatch } from '../../src/oracle/verdict.js';
import { observe, type Seen } from '../model/support.js';

type Of<K extends Expected['kind']> = Extract<Expected, { kind: K }>;

const ALL_BITS = (1n << 64n) - 1n;

/** A value of which every bit is predicted. */
export function exact(value: bigint): Masked {
  return { value, known: ALL_BITS };
}

/** A value of which nothing is predicted. */
export const any: Masked = { value: 0n, known: 0n };

export function done(changes: Partial<Of<'done'>> = {}): Expected {
  const nothing = { rax: any, rdx: any, rflags: any, mayFillRing: false };
  return { kind: 'done', rule: 'rule.done', vcpu: 0, ...nothing, ...changes };
}

export function mmioRead(changes: Partial<Of<'mmio'>> = {}): Expected {
  return { kind: 'mmio', rule: 'rule.mmio', vcpu: 0, write: false, gpa: 0x1000, len: 8, data: exact(7n), ...changes };
}

export function message(changes: Partial<Of<'uffd'>> = {}): Expected {
  const flags = { write: false, wp: false, minor: false, optional: false };
  return { kind: 'uffd', rule: 'rule.uffd', vcpu: 0, region: 'data', page: 0, ...flags, ...changes };
}

export function result(errno = 0, value?: Masked): Expected {
  return { kind: 'result', rule: 'rule.result', errno, value };
}

export function pages(must: readonly number[], may: readonly number[] = []): DirtyPages {
  return {
    must: new Map(must.map((page) => [page, 'rule.must'])),
    may: new Map(may.map((page) => [page, 'rule.may'])),
    elseRule: 'rule.else',
  };
}

export function outcome(...events: Expected[]): Outcome {
  return { events, anyUserfaults: false };
}

/** A page of `data` whose fill repeats one word: 1 initially, 0 of zeroes, 2 of a copy. */
export function page(changes: Partial<ExpectedPage> = {}): ExpectedPage {
  const fill = (base: 'initial' | 'zero' | 'copy'): bigint => ({ initial: 1n, zero: 0n, copy: 2n })[base];
  return { rule: 'rule.page', region: 'data', page: 0, bases: ['initial'], words: new Map(), fill, ...changes };
}

/** An expectation of steps that may each go one way. */
export function expectation(steps: readonly Outcome[], changes: Partial<Expectation> = {}): Expectation {
  return {
    skip: undefined,
    steps: steps.map((one) => ({ outcomes: [one] })),
    end: { outcomes: [outcome()] },
    pages: [],
    openPages: false,
    untouchedRule: 'rule.untouched',
    decided: new Map(),
    decisions: [],
    ...changes,
  };
}

/** What breaks in a run of one step. */
export function mismatches(expected: Expectation, observation: Observation): readonly Mismatch[] {
  const verdict = judgeStage2(expected, observation);
  if (verdict.kind === 'match') return [];
  if (verdict.kind !== 'divergence') throw new Error(`a ${verdict.kind} is no divergence`);
  return verdict.mismatches;
}

/** Rules that break when a step that should go one way shows these events. */
export function broken(one: Outcome, seen: readonly Seen[]): string[] {
  return mismatches(expectation([one]), observe([seen])).map(({ rule }) => rule);
}
