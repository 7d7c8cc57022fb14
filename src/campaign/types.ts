import type { Target } from '../driver/targets/target.js';
import type { RuleId } from '../model/expectation.js';
import type { Mismatch, Verdict } from '../oracle/verdict.js';
import type { Profile } from '../scenario/profile.js';
import type { PairCoverage } from './coverage/pairs.js';
import type { CanaryResult } from './canary/result.js';
import type { TimelineRow } from './family.js';
import type { Wedge } from './wedge.js';

/** Outcome of one execution of a scenario in a worker process. */
export interface Execution {
  readonly verdict: Verdict;
  readonly timeline: readonly TimelineRow[];
  /** How often each rule decided. */
  readonly decided: Readonly<Record<RuleId, number>>;
}

export interface CampaignOptions {
  readonly family: string;
  readonly target: Target;
  /** 32-bit seed; every scenario of the campaign follows from it. */
  readonly seed: number;
  readonly workers: number;
  /** Budgets; whichever is spent first. At least one is given. */
  readonly timeMs: number | undefined;
  readonly runs: number | undefined;
  /** Where findings are kept, `corpus/` by default. */
  readonly corpusDir: string;
  /** Directory of this run: log, black boxes, summary. */
  readonly runDir: string;
  /** Deliberate fault of the driver or the model, `none` in all real work. */
  readonly plant: string;
}

/** How often a divergence came back. */
export interface Reproduction {
  readonly tries: number;
  readonly hits: number;
  /** The same in a new process with a new virtual machine each. */
  readonly freshTries: number;
  readonly freshHits: number;
}

/** A divergence, crash or hang, minimized. */
export interface Finding {
  readonly signature: string;
  readonly family: string;
  /** Id of the known divergence that labels it. */
  readonly known: string | undefined;
  readonly verdict: Verdict;
  readonly mismatches: readonly Mismatch[];
  /** The minimized scenario and the one that was found. */
  readonly scenario: unknown;
  readonly original: unknown;
  readonly timeline: readonly TimelineRow[];
  readonly reproduction: Reproduction;
  readonly seed: number;
  /** fast-check's path: the run's number within its seed, then the shrink steps. */
  readonly path: string;
  readonly minimized: string;
  /** File it was saved to; undefined with `saveError` when saving failed. */
  readonly file: string | undefined;
  readonly saveError: string | undefined;
}

export interface Progress {
  readonly elapsedMs: number;
  readonly scenarios: number;
  readonly perSecond: number;
  readonly findings: number;
  readonly known: number;
  readonly skips: number;
  readonly rulesExercised: number;
  readonly rulesApplicable: number;
  readonly workers: number;
}

export interface CampaignSummary {
  readonly family: string;
  readonly profile: Profile;
  readonly seed: number;
  readonly elapsedMs: number;
  readonly scenarios: number;
  /** Coarse configuration to number of scenarios. */
  readonly configurations: Readonly<Record<string, number>>;
  readonly decided: Readonly<Record<RuleId, number>>;
  /** Applicable rules that nothing exercised. */
  readonly unexercised: readonly RuleId[];
  /** Reason to count. */
  readonly skips: Readonly<Record<string, number>>;
  /** Known divergence id to count. */
  readonly known: Readonly<Record<string, number>>;
  readonly findings: readonly Finding[];
  readonly workerRestarts: number;
  /** Resident memory of the supervisor and its workers at the start and at the end, in bytes. */
  readonly rssBytes: { readonly start: number; readonly peak: number; readonly end: number };
  /** Faults of the tool itself. */
  readonly harness: readonly string[];
  /** Undefined for a family that names no fields. */
  readonly pairs?: PairCoverage | undefined;
  /** Signature to how often it was met, the first time included. */
  readonly occurrences?: Readonly<Record<string, number>>;
  /** First lines of kernel reports that name none of the workers: other programs write to the same log. */
  readonly unattributed?: readonly string[];
  /** Workers that SIGKILL did not end, and where in the kernel they were. They are not waited for, and may still be there. */
  readonly wedged?: readonly Wedge[];
  /** The last round of the canary that tells most: one that missed a fault, if there was any. */
  readonly canary?: CanaryResult;
}
