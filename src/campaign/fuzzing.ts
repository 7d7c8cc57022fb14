import type fc from 'fast-check';
import { ExampleBook } from './coverage/examples.js';
import { PairCounter } from './coverage/pairs.js';
import { monotonicMs } from './clock.js';
import type { Found, Fuzzed, WorkerCounts } from './messages.js';
import type { Outcome, Pipeline } from './pipeline.js';
import { placeId } from './seeds.js';
import { isFault } from './signature.js';
import { type Runs, Sources } from './source.js';
import { Tally } from './tally.js';

/** Signatures that a worker remembers having reported. */
const MAX_SEEN = 4096;

/** One scenario in so many counts for the pairs of values: counting takes a tenth of the pipeline's own time. */
const PAIRS_EVERY = 4;

/** Scenarios that go through the pipeline together, unless one of them is looked for. */
export const BURST = 16;

export interface Slice extends Runs {
  /** What the generator is asked for (see coverage/focus.ts); undefined: nothing. */
  readonly focus?: unknown;
  /** When to return, between two scenarios, by {@link monotonicMs}. */
  readonly until: number;
  /** Scenarios that go through the pipeline together. */
  readonly burst: number;
}

/** Generates and executes the runs of batches, and counts what came of them. */
export class Fuzzer {
  private readonly sources: Sources;
  private readonly examples: ExampleBook;
  private readonly seen = new Set<string>();
  private readonly configurations = new Tally();
  private readonly decisions: number[];
  private readonly skips = new Tally();
  private readonly repeats = new Tally(MAX_SEEN);
  private readonly harness = new Tally(32);
  private readonly outcomes = new Tally();
  private readonly addOutcome = (name: string): void => {
    this.outcomes.add(name);
  };
  private readonly pairs: PairCounter | undefined;
  private scenarios = 0;

  constructor(private readonly pipeline: Pipeline) {
    this.sources = new Sources(pipeline.family, pipeline.profile);
    this.examples = new ExampleBook(pipeline.family.rules.map(({ id }) => id));
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
    const source = this.sources.of(slice.focus);
    source.each(slice, (scenario) => {
      burst.push(scenario);
      index++;
      if (burst.length < slice.burst && index < slice.to) return true;
      found = this.runBurst(burst, slice, index - burst.length, source.ordinary);
      burst = [];
      return found === undefined && monotonicMs() < slice.until;
    });
    return { next: found === undefined ? index - burst.length : found.index + 1, found };
  }

  private runBurst(
    scenarios: readonly unknown[],
    { seed, batch }: Slice,
    first: number,
    ordinary: boolean,
  ): Found | undefined {
    const ids = scenarios.map((_, i) => placeId(batch, first + i));
    const outcomes = this.pipeline.runBurst(scenarios, ids);
    for (let i = 0; i < outcomes.length; i++) {
      const outcome = outcomes[i];
      if (outcome === undefined) break;
      if (ordinary) this.examples.learn(outcome.expectation?.decisions, seed, first + i);
      const found = this.count(scenarios[i], outcome, first + i);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** Generates one scenario without executing it. */
  generate({ seed, batch, focus }: Pick<Slice, 'seed' | 'batch' | 'focus'>, index: number): unknown {
    return this.sources.of(focus).at({ seed, batch }, index);
  }

  /** What shrinks scenarios of this focus along fast-check. */
  arbitraryOf(focus: unknown): fc.Arbitrary<unknown> | undefined {
    return this.sources.of(focus).arbitrary;
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
      outcomes: this.outcomes.take(),
      pairs: this.pairs?.take(),
      examples: this.examples.take(),
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
    if (outcome.observation !== undefined)
      this.pipeline.family.outcomes?.count(scenario, outcome.observation, this.addOutcome);
    if (verdict.kind === 'skip') this.skips.add(verdict.reason);
    else if (verdict.kind === 'harness') this.harness.add(verdict.detail);
    // What did not run covers nothing.
    else if (index % PAIRS_EVERY === 0) this.pairs?.add(scenario);
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
