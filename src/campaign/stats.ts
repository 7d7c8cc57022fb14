import type { RuleId } from '../model/expectation.js';
import { Examples } from './coverage/examples.js';
import { type PossiblePairs, PairTotals } from './coverage/pairs.js';
import type { WorkerCounts } from './messages.js';
import type { LegCounts } from './run/records.js';
import { Tally } from './tally.js';

/** Signatures whose occurrences are counted apart. */
const MAX_SIGNATURES = 1000;

/** What the workers of a leg have counted together. */
export class Stats {
  scenarios = 0;
  workerRestarts = 0;
  readonly configurations = new Tally();
  readonly decided = new Tally(4096);
  readonly skips = new Tally();
  readonly harness = new Tally(64);
  /** How calls ended. */
  readonly outcomes = new Tally();
  /** Undefined for a family that names no fields. */
  readonly pairs: PairTotals | undefined;
  /** Scenarios in which rules decided, to make others like them. */
  readonly examples = new Examples();
  /** By signature, as the workers saw it. */
  readonly occurrences = new Tally(MAX_SIGNATURES);

  constructor(pairs: PossiblePairs | undefined) {
    this.pairs = pairs && new PairTotals(pairs);
  }

  add(counts: WorkerCounts): void {
    this.scenarios += counts.scenarios;
    this.configurations.addAll(counts.configurations);
    this.decided.addAll(counts.decided);
    this.skips.addAll(counts.skips);
    this.harness.addAll(counts.harness);
    this.occurrences.addAll(counts.repeats);
    if (counts.outcomes !== undefined) this.outcomes.addAll(counts.outcomes);
    if (counts.pairs !== undefined) this.pairs?.add(counts.pairs);
    if (counts.examples !== undefined) this.examples.add(counts.examples);
  }

  /** Adds what {@link toRecord} gave. */
  restore(counts: LegCounts): void {
    const { configurations = {}, occurrences: repeats } = counts;
    this.add({ ...counts, configurations, repeats, pairs: undefined });
    if (counts.pairs !== undefined) this.pairs?.restore(counts.pairs);
    this.workerRestarts += counts.workerRestarts;
  }

  toRecord(): LegCounts {
    return {
      scenarios: this.scenarios,
      decided: this.decided.toRecord(),
      skips: this.skips.toRecord(),
      configurations: this.configurations.toRecord(),
      occurrences: this.occurrences.toRecord(),
      harness: this.harness.toRecord(),
      workerRestarts: this.workerRestarts,
      outcomes: this.outcomes.toRecord(),
      pairs: this.pairs?.toCoverage(),
    };
  }

  /** The applicable rule that decided least often. */
  leastCovered(applicable: readonly RuleId[]): { rule: RuleId; count: number } | undefined {
    const counts = applicable.map((rule) => ({ rule, count: this.decided.countOf(rule) }));
    return counts.reduce<(typeof counts)[number] | undefined>(
      (least, one) => (least === undefined || one.count < least.count ? one : least),
      undefined,
    );
  }

  /** Applicable rules that nothing exercised. */
  unexercised(applicable: readonly RuleId[]): RuleId[] {
    return applicable.filter((rule) => !this.decided.has(rule));
  }
}
