import type { Rule, Tier } from './rule.js';

/** A rule with its place in the counters. */
export interface BookRule extends Rule {
  readonly index: number;
}

/** The rules of one family, in the order of their definition. Ids are unique in a family. */
export class RuleBook {
  private readonly entries: BookRule[] = [];
  private noDecisions: readonly number[] = [];

  /** Every rule defined so far. */
  get rules(): readonly BookRule[] {
    return this.entries;
  }

  /** @param arch the only architecture that the sentence is about, if there is one. */
  add(id: string, tier: Tier, sentence: string, source: string, arch?: string): BookRule {
    if (this.entries.some((other) => other.id === id)) throw new Error(`rule ${id} is defined twice`);
    const entry = { id, tier, sentence, source, index: this.entries.length, arch };
    this.entries.push(entry);
    return entry;
  }

  /** One zero for each rule. */
  zeroes(): number[] {
    if (this.noDecisions.length !== this.entries.length) this.noDecisions = this.entries.map(() => 0);
    return this.noDecisions.slice();
  }
}

/**
 * The rules at work in one prediction: counts how often each one decides. A broken rule (a planted fault of the model)
 * answers that it does not hold, and the prediction goes on as if its sentence were not there.
 */
export class Docket {
  /** Decisions by the rules' places in the book. */
  // A plain array: a typed one costs several microseconds of garbage collection per prediction.
  readonly counts: number[];

  constructor(
    private readonly book: RuleBook,
    private readonly broken: BookRule | undefined,
  ) {
    this.counts = book.zeroes();
  }

  /** The rule decides here. False only for the planted fault. */
  holds(entry: BookRule): boolean {
    this.counts[entry.index] = (this.counts[entry.index] ?? 0) + 1;
    return entry !== this.broken;
  }

  /** Rule id to the number of decisions, for the rules that decided at all. */
  decided(): ReadonlyMap<string, number> {
    const decided = new Map<string, number>();
    for (const entry of this.book.rules) {
      const count = this.counts[entry.index] ?? 0;
      if (count > 0) decided.set(entry.id, count);
    }
    return decided;
  }
}
