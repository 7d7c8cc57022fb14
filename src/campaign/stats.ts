import type { RuleId } from '../model/expectation.js';
import type { PairTotals } from './coverage/pairs.js';
import type { WorkerCounts } from './messages.js';
import { Tally } from './tally.js';

/** What the workers of a campaign have counted together. */
export class Stats {
  scenarios = 0;
  readonly configurations = new Tally();
  readonly decided = new Tally(4096);
  readonly skips = new Tally();
  readonly harness = new Tally(64);
  /** Undefined for a family that names no fields. */
  pairs: PairTotals | undefined;

  constructor(private readonly onRepeat: (signature: string, count: number) => void) {}

  add(counts: WorkerCounts): void {
    this.scenarios += counts.scenarios;
    this.configurations.addAll(counts.configurations);
    this.decided.addAll(counts.decided);
    this.skips.addAll(counts.skips);
    this.harness.addAll(counts.harness);
    if (counts.pairs !== undefined) this.pairs?.add(counts.pairs);
    for (const [signature, count] of Object.entries(counts.repeats)) this.onRepeat(signature, count);
  }

  /** Applicable rules that nothing exercised. */
  unexercised(applicable: readonly RuleId[]): RuleId[] {
    return applicable.filter((rule) => !this.decided.has(rule));
  }
}
