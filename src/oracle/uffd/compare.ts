import type { UffdObserved } from '../../driver/wire/uffd/observation.js';
import type { Base, UffdExpected } from '../../model/uffd/expectation.js';
import type { RuleId } from '../../model/rule.js';

type Of<K extends UffdExpected['kind']> = Extract<UffdExpected, { kind: K }>;
type Seen<K extends UffdObserved['kind']> = Extract<UffdObserved, { kind: K }>;

const PAGEFAULT = 0x12;

/** A page with the words that differ from its base. */
export interface SeenPage extends Seen<'page'> {
  readonly words: ReadonlyMap<number, bigint>;
}
/** What is compared: as observed, but each page in one piece. */
export type Whole = Exclude<UffdObserved, { kind: 'page' | 'page_word' }> | SeenPage;

function result(expected: Of<'result'>, seen: Seen<'result'>): RuleId | undefined {
  if (expected.errno !== seen.errno) return expected.rule;
  const agrees = ((expected.value ^ seen.value) & expected.known) === 0n && expected.ioctls === seen.ioctls;
  return agrees ? undefined : expected.valueRule;
}

function message(expected: Of<'message'>, seen: Seen<'message'>): RuleId | undefined {
  if (seen.event !== PAGEFAULT || expected.thread !== seen.thread) return expected.rule;
  if (expected.flags !== seen.flags) return expected.flagsRule;
  return expected.offset === seen.offset ? undefined : expected.offsetRule;
}

function fits<T>(expected: T | undefined, seen: T): boolean {
  return expected === undefined || expected === seen;
}

function entry(expected: Of<'entry'>, seen: Seen<'entry'>): RuleId | undefined {
  if (expected.owner !== seen.owner || expected.page !== seen.page || !fits(expected.present, seen.present))
    return expected.rules.present;
  if (expected.wp !== seen.wp) return expected.rules.wp;
  return fits(expected.swapped, seen.swapped) ? undefined : expected.rules.swapped;
}

function sameBase(a: Base, b: Base): boolean {
  return a === 'zero' || b === 'zero' ? a === b : a.tag === b.tag && a.page === b.page;
}

function page(expected: Of<'page'>, seen: SeenPage): RuleId | undefined {
  const same =
    expected.owner === seen.owner &&
    expected.page === seen.page &&
    sameBase(expected.base, seen.base) &&
    expected.words.size === seen.differing &&
    [...expected.words].every(([offset, value]) => seen.words.get(offset) === value);
  return same ? undefined : expected.rule;
}

function done(expected: Of<'done'>, seen: Seen<'done'>): RuleId | undefined {
  if (expected.thread !== seen.thread) return expected.rule;
  return expected.value === undefined || expected.value === seen.value ? undefined : expected.valueRule;
}

/** The rule that breaks when this was seen in place of that; undefined when it fits. */
export function broken(expected: UffdExpected, seen: Whole): RuleId | undefined {
  switch (expected.kind) {
    case 'result':
      return seen.kind === 'result' ? result(expected, seen) : expected.rule;
    case 'message':
      return seen.kind === 'message' ? message(expected, seen) : expected.rule;
    case 'done':
      return seen.kind === 'done' ? done(expected, seen) : expected.rule;
    case 'sigbus': {
      const same =
        seen.kind === 'sigbus' &&
        expected.thread === seen.thread &&
        expected.code === seen.code &&
        expected.page === seen.page;
      return same ? undefined : expected.rule;
    }
    case 'waits':
      return seen.kind === 'waits' && seen.thread === expected.thread ? undefined : expected.rule;
    case 'notice': {
      const same =
        seen.kind === 'notice' &&
        seen.event === expected.event &&
        seen.start === expected.start &&
        seen.end === expected.end;
      return same ? undefined : expected.rule;
    }
    case 'returned':
      return seen.kind === 'returned' && seen.thread === expected.thread && seen.errno === expected.errno
        ? undefined
        : expected.rule;
    case 'entry':
      return seen.kind === 'entry' ? entry(expected, seen) : expected.rules.present;
    case 'page':
      return seen.kind === 'page' ? page(expected, seen) : expected.rule;
    case 'event':
      return seen.kind === 'message' && seen.event === expected.event ? undefined : expected.rule;
    case 'ended':
      return seen.kind === 'ended' && seen.status === expected.status ? undefined : expected.rule;
  }
}
