import type { Rule, Tier } from '../../rule.js';

/** A rule with its place in the counters. */
export interface BookRule extends Rule {
  readonly index: number;
}

const rules: BookRule[] = [];

/** Adds a rule to the book. Called while the rule files load; ids are unique. */
export function rule(id: string, tier: Tier, sentence: string, source: string): BookRule {
  return add({ id, tier, sentence, source, index: rules.length, arch: undefined });
}

/** Adds a rule of x86_64 alone. */
export function x86Rule(id: string, tier: Tier, sentence: string, source: string): BookRule {
  return add({ id, tier, sentence, source, index: rules.length, arch: 'x86_64' });
}

/** Adds a rule of aarch64 alone. */
export function armRule(id: string, tier: Tier, sentence: string, source: string): BookRule {
  return add({ id, tier, sentence, source, index: rules.length, arch: 'aarch64' });
}

function add(entry: BookRule): BookRule {
  if (rules.some((other) => other.id === entry.id)) throw new Error(`rule ${entry.id} is defined twice`);
  rules.push(entry);
  return entry;
}

/** Every rule defined so far, in the order of definition. */
export function bookRules(): readonly BookRule[] {
  return rules;
}

let noDecisions: readonly number[] = [];

/** One zero for each rule of the book. */
function zeroes(): readonly number[] {
  if (noDecisions.length !== rules.length) noDecisions = rules.map(() => 0);
  return noDecisions;
}

/**
 * The rules at work in one prediction: counts how often each one decides. A broken rule (a planted fault of the model)
 * answers that it does not hold, and the prediction goes on as if its sentence were not there.
 */
export class Docket {
  /** Decisions by the rules' places in the book. */
  // A plain array: a typed one costs several microseconds of garbage collection per prediction.
  readonly counts: number[] = zeroes().slice();

  constructor(private readonly broken: BookRule | undefined) {}

  /** The rule decides here. False only for the planted fault. */
  holds(entry: BookRule): boolean {
    this.counts[entry.index] = (this.counts[entry.index] ?? 0) + 1;
    return entry !== this.broken;
  }

  /** Rule id to the number of decisions, for the rules that decided at all. */
  decided(): ReadonlyMap<string, number> {
    const decided = new Map<string, number>();
    for (const entry of rules) {
      const count = this.counts[entry.index] ?? 0;
      if (count > 0) decided.set(entry.id, count);
    }
    return decided;
  }
}
