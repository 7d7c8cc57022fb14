import type { Target } from '../driver/targets/target.js';
import type { Verdict } from '../oracle/verdict.js';
import type { RuleId } from '../model/expectation.js';
import type { Profile } from '../scenario/profile.js';
import type { Example } from './coverage/focus.js';
import type { DocumentedOutcome } from './coverage/outcomes.js';
import type { PossiblePairs } from './coverage/pairs.js';
import type { Signature } from './signature.js';
import type { Judged } from './pipeline.js';

/** What a supervisor asks a worker to do. A worker does one thing at a time and answers each request once. */
export type Request =
  | {
      readonly kind: 'start';
      readonly family: string;
      readonly plant: string;
      readonly deadlineMs: number;
      /** Undefined: the worker probes the machine. */
      readonly profile: Profile | undefined;
      readonly blackBox: string;
      /** Where the worker leaves the scenario of an execution outside the batches. */
      readonly scenarioFile: string;
      readonly target: Target;
      /** Where the files of the target's machine are kept. */
      readonly machineDir: string;
      /** A target may be silent for this long beyond the deadlines of what it executes. */
      readonly marginMs: number;
      /** Otherwise the worker only generates, describes and simplifies, and needs no driver. */
      readonly executes: boolean;
    }
  | {
      readonly kind: 'execute';
      readonly scenario: unknown;
      readonly times: number;
      readonly freshVm: boolean;
    }
  | {
      readonly kind: 'fuzz';
      /** fast-check's seed of the batch. */
      readonly seed: number;
      readonly batch: number;
      /** Runs `from` (inclusive) to `to` (exclusive). */
      readonly from: number;
      readonly to: number;
      /** What the generator is asked for, as plain JSON (see coverage/focus.ts); undefined: nothing. */
      readonly focus?: unknown;
      /** Time after which to return; undefined: none. */
      readonly leftMs: number | undefined;
      /** Scenarios that are executed in one call of the driver. */
      readonly burst: number;
    }
  | {
      readonly kind: 'shrink';
      /** Where fast-check generated the scenario; undefined: only the final reducer works on it. */
      readonly origin: Origin | undefined;
      readonly scenario: unknown;
      readonly signature: string;
      readonly limits: ShrinkLimits;
      /** Executions of a candidate before it counts as not failing: 1 for a fault that always comes back. */
      readonly tries: number;
      readonly freshVm: boolean;
    }
  | ({ readonly kind: 'generate' } & Origin)
  /** Signature of a crash in `step` of the scenario. */
  | { readonly kind: 'describe'; readonly scenario: unknown; readonly verdict: Verdict; readonly step: number }
  | { readonly kind: 'simplify'; readonly scenario: unknown; readonly limit: number }
  /** Counts that were not reported yet. */
  | { readonly kind: 'counts' }
  /** Which pairs of configuration values the machine can show. */
  | { readonly kind: 'pairs' };

/** What generates a scenario: fast-check's seed, the batch and the run in it, and what the generator is asked for. */
export interface Origin {
  readonly seed: number;
  readonly batch: number;
  readonly index: number;
  readonly focus?: unknown;
}

export type RequestKind = Request['kind'];

export interface ShrinkLimits {
  readonly executions: number;
  readonly timeMs: number;
}

export interface Ready {
  readonly profile: Profile;
  readonly applicable: readonly RuleId[];
  /** Deliberate faults that a campaign must notice, as `--plant` names them. */
  readonly canaries: readonly string[];
  /** Undefined for a family that does not count how its calls end. */
  readonly outcomes?: readonly DocumentedOutcome[] | undefined;
}

/** A fault seen while fuzzing, with a signature that this worker had not met. */
export interface Found {
  readonly index: number;
  readonly scenario: unknown;
  readonly judged: Judged;
  readonly signature: Signature;
}

/** The run came to its end, to the deadline, or to a fault. */
export interface Fuzzed {
  /** The run to go on with. */
  readonly next: number;
  readonly found: Found | undefined;
}

export interface Shrunk {
  readonly scenario: unknown;
  /** fast-check's path. */
  readonly path: string;
  readonly executions: number;
  /** Number of steps before and now. */
  readonly steps: { readonly before: number; readonly now: number };
  /** Why shrinking ended. */
  readonly end: 'minimal' | 'executions' | 'time';
}

/** Answer to each kind of request. */
export interface Replies {
  start: Ready;
  execute: readonly Judged[];
  /** With the counts that were not reported yet. */
  fuzz: Fuzzed & { readonly counts: WorkerCounts };
  shrink: Shrunk;
  generate: unknown;
  describe: Signature | undefined;
  simplify: readonly unknown[];
  counts: WorkerCounts;
  pairs: PossiblePairs | undefined;
}

/** Counts since the worker's last report. */
export interface WorkerCounts {
  readonly scenarios: number;
  readonly configurations: Readonly<Record<string, number>>;
  readonly decided: Readonly<Record<RuleId, number>>;
  readonly skips: Readonly<Record<string, number>>;
  /** Signature to how often it came again after the worker had reported it. */
  readonly repeats: Readonly<Record<string, number>>;
  /** Faults of the tool itself. */
  readonly harness: Readonly<Record<string, number>>;
  /** How calls ended, by name (see coverage/outcomes.ts). */
  readonly outcomes?: Readonly<Record<string, number>> | undefined;
  /** Pairs of configuration values by their places (see coverage/pairs.ts); undefined for a family that names no fields. */
  readonly pairs?: Uint32Array | undefined;
  /** Ordinary scenarios in which rules decided, some for each rule. */
  readonly examples?: Readonly<Record<RuleId, readonly Example[]>>;
}

export type FromWorker =
  | { readonly kind: 'reply'; readonly value: Replies[RequestKind] }
  /** The request failed by a fault of the tool, or because the target lacks something; one sentence. */
  | { readonly kind: 'failed'; readonly detail: string; readonly missing: boolean }
  | { readonly kind: 'counts'; readonly counts: WorkerCounts }
  /** Shrinking goes on; the simplest scenario up to now. */
  | { readonly kind: 'progress'; readonly shrunk: Shrunk }
  /** Nothing to report but being alive. */
  | { readonly kind: 'alive' };

/** Sent without waiting for the request in progress. */
export interface Stop {
  readonly kind: 'stop';
}
