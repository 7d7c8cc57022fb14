import fc from 'fast-check';
import { PairCounter } from './coverage/pairs.js';
import type { Found, Fuzzed, WorkerCounts } from './messages.js';
import type { Outcome, Pipeline } from './pipeline.js';
import { placeId } from './seeds.js';
import { isFault } from './signature.js';
import { Tally } from './tally.js';

/** Signatures that a worker remembers having reported. */
const MAX_SEEN = 4096;

/** Scenarios that go through the pipeline together, unless one of them is looked for. */
export const BURST = 16;

export interface Slice {
  readonly seed: number;
  readonly batch: number;
  readonly from: number;
  readonly to: number;
  /** Milliseconds since the epoch at which to return, between two scenarios. */
  readonly until: number;
  /** Scenarios that go through the pipeline together. */
  readonly burst: number;
}

/** Generates and executes the runs of batches, and counts what came of them. */
export class Fuzzer {
  private readonly arbitrary: fc.Arbitrary<unknown>;
  private readonly seen = new Set<string>();
  private readonly configurations = new Tally();
  private readonly decisions: number[];
  private readonly skips = new Tally();
  private readonly repeats = new Tally(MAX_SEEN);
  private readonly harness = new Tally(32);
  private readonly pairs: PairCounter | undefined;
  private scenarios = 0;

  constructor(private readonly pipeline: Pipeline) {
    this.arbitrary = pipeline.family.arbitrary(pipeline.profile);
    this.decisions = pipeline.family.rules.map(() => 0);
    const fields = pipeline.family.fields?.(pipeline.profile);
    this.pairs = fields && new PairCounter(fields);
  }

  /**
   * Runs a part of a batch: to its end, to the time limit, or to the first fault of a signature not seen before. Scenarios are
   * executed in bursts; those behind a fault are left for the next call.
   */
  run(slice: Slice): Fuzzed {
    let index = slice.from;
    let found: Found | undefined;
    let burst: unknown[] = [];
    const property = fc.property(this.arbitrary, (scenario) => {
      burst.push(scenario);
      index++;
      if (burst.length < slice.burst && index < slice.to) return true;
      found = this.runBurst(burst, slice.batch, index - burst.length);
      burst = [];
      return found === undefined && Date.now() < slice.until;
    });
    // A path of one number starts with that run of the seed. A failing run only ends the loop: shrinking comes later.
    const details = fc.check(property, {
      seed: slice.seed,
      path: String(slice.from),
      numRuns: slice.to - slice.from,
      endOnFailure: true,
    });
    // Neither a fault nor the time limit: the arbitrary itself threw.
    if (index === slice.from && details.errorInstance instanceof Error) throw details.errorInstance;
    return { next: found === undefined ? index - burst.length : found.index + 1, found };
  }

  private runBurst(scenarios: readonly unknown[], batch: number, first: number): Found | undefined {
    const ids = scenarios.map((_, i) => placeId(batch, first + i));
    const outcomes = this.pipeline.runBurst(scenarios, ids);
    for (let i = 0; i < outcomes.length; i++) {
      const outcome = outcomes[i];
      if (outcome === undefined) break;
      const found = this.count(scenarios[i], outcome, first + i);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** Generates one scenario without executing it. */
  generate(seed: number, index: number): unknown {
    const [scenario] = fc.sample(this.arbitrary, { seed, path: String(index), numRuns: 1 });
    return scenario;
  }

  /** The counts since the last call. */
  takeCounts(): WorkerCounts {
    const decided = this.takeDecisions();
    const { scenarios } = this;
    this.scenarios = 0;
    return {
      scenarios,
      configurations: this.configurations.take(),
      decided,
      skips: this.skips.take(),
      repeats: this.repeats.take(),
      harness: this.harness.take(),
      pairs: this.pairs?.take(),
    };
  }

  private takeDecisions(): Record<string, number> {
    const decided: Record<string, number> = {};
    this.pipeline.family.rules.forEach(({ id }, index) => {
      const count = this.decisions[index] ?? 0;
      if (count > 0) decided[id] = count;
    });
    this.decisions.fill(0);
    return decided;
  }

  private count(scenario: unknown, outcome: Outcome<unknown>, index: number): Found | undefined {
    const { verdict } = outcome;
    this.scenarios++;
    this.configurations.add(this.pipeline.family.configuration(scenario));
    const decisions = outcome.expectation?.decisions;
    if (decisions !== undefined) addInto(this.decisions, decisions);
    if (verdict.kind === 'skip') this.skips.add(verdict.reason);
    else if (verdict.kind === 'harness') this.harness.add(verdict.detail);
    // What did not run covers nothing.
    else this.pairs?.add(scenario);
    if (!isFault(verdict)) return undefined;
    this.pipeline.recall(outcome);
    const judged = this.pipeline.explain(scenario, verdict);
    const signature = judged.signature;
    if (signature === undefined) return undefined;
    if (this.seen.has(signature.text) || this.seen.size >= MAX_SEEN) {
      this.repeats.add(signature.text);
      return undefined;
    }
    this.seen.add(signature.text);
    return { index, scenario, judged, signature };
  }
}

function addInto(sums: number[], counts: readonly number[]): void {
  for (let i = 0; i < counts.length; i++) sums[i] = (sums[i] ?? 0) + (counts[i] ?? 0);
}
