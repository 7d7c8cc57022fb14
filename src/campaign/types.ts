import type { Target } from '../driver/targets/target.js';
import type { RuleId } from '../model/expectation.js';
import type { Mismatch, Verdict } from '../oracle/verdict.js';
import type { Profile } from '../scenario/profile.js';
import type { OutcomeCoverage } from './coverage/outcomes.js';
import type { PairCoverage } from './coverage/pairs.js';
import type { CanaryResult } from './canary/result.js';
import type { TimelineRow } from './family.js';
import type { Shard } from './run/shard.js';
import type { SlotHealth } from './slotHealth.js';
import type { Wedge } from './wedge.js';

/** Outcome of one execution of a scenario in a worker process. */
export interface Execution {
  readonly verdict: Verdict;
  readonly timeline: readonly TimelineRow[];
  /** How often each rule decided. */
  readonly decided: Readonly<Record<RuleId, number>>;
}

export interface CampaignOptions {
  /** Every family runs on every target. */
  readonly families: readonly string[];
  readonly targets: readonly Target[];
  /** 32-bit seed; every scenario of the campaign follows from it. */
  readonly seed: number;
  readonly workers: number;
  /** Budgets; whichever is spent first. At least one of them or a shard is given. */
  readonly timeMs: number | undefined;
  /** Scenarios, over all legs. */
  readonly runs: number | undefined;
  /** Findings that no known divergence explains. */
  readonly findings?: number | undefined;
  /** Only these scenarios, on each leg. */
  readonly shard?: Shard | undefined;
  /** Where findings are kept, `corpus/` by default. */
  readonly corpusDir: string;
  /** Directory of this run: journal, log, black boxes, summary. */
  readonly runDir: string;
  /** Deliberate fault of the driver or the model, `none` in all real work. */
  readonly plant: string;
  /** Go on with the campaign that was killed in this directory. */
  readonly resume?: boolean | undefined;
}

/** How often a divergence came back. */
export interface Reproduction {
  readonly tries: number;
  readonly hits: number;
  /** The same in a new process with a new virtual machine each. */
  readonly freshTries: number;
  readonly freshHits: number;
}

/** How a worker ended. */
export interface DeathKind {
  /** It gave no sign of life. */
  readonly silent: boolean;
  /** Signal name or `exit <code>`. */
  readonly how: string;
}

/** A divergence, crash or hang, minimized. */
export interface Finding {
  readonly signature: string;
  readonly family: string;
  /** As the user names it. */
  readonly target: string;
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
  /** What generates the scenario that was found; undefined: nothing is known to do that. */
  readonly shard: Shard | undefined;
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
  /** What a terminal has room for. */
  readonly detail?: ProgressDetail;
}

export interface ProgressDetail {
  /** Findings about which more is being found out. */
  readonly investigating: number;
  /** The applicable rule that decided least often. */
  readonly leastCovered: { readonly rule: RuleId; readonly count: number } | undefined;
  readonly slots: readonly SlotHealth[];
  /** Workers that SIGKILL did not end. */
  readonly wedged: number;
  /** Resident memory of the supervisor and its workers. */
  readonly rssBytes: number;
}

/** One family on one target. */
export interface LegSummary {
  readonly family: string;
  /** As the user names it. */
  readonly target: string;
  readonly profile: Profile;
  readonly scenarios: number;
  /** Time during which at least one worker was on this leg. */
  readonly elapsedMs: number;
  /** Coarse configuration to number of scenarios. */
  readonly configurations: Readonly<Record<string, number>>;
  /** Undefined for a family that names no fields. */
  readonly pairs?: PairCoverage | undefined;
  /** Undefined for a family that does not count how its calls end. */
  readonly outcomes?: OutcomeCoverage | undefined;
  readonly decided: Readonly<Record<RuleId, number>>;
  /** Applicable rules that nothing exercised. */
  readonly unexercised: readonly RuleId[];
  /** Reason to count. */
  readonly skips: Readonly<Record<string, number>>;
  /** Known divergence id to count. */
  readonly known: Readonly<Record<string, number>>;
  readonly workerRestarts: number;
}

export interface CampaignSummary {
  readonly seed: number;
  /** Why it ended: a budget was spent, or it was interrupted. */
  readonly ended: 'budget' | 'interrupt';
  readonly elapsedMs: number;
  readonly scenarios: number;
  readonly legs: readonly LegSummary[];
  /** Of all legs. */
  readonly findings: readonly Finding[];
  readonly workerRestarts: number;
  /** Resident memory of the supervisor and its workers at the start and at the end, in bytes. */
  readonly rssBytes: { readonly start: number; readonly peak: number; readonly end: number };
  /** Faults of the tool itself. */
  readonly harness: readonly string[];
  /** Signature to how often it was met, the first time included. */
  readonly occurrences?: Readonly<Record<string, number>>;
  /** First lines of kernel reports that name none of the workers: other programs write to the same log. */
  readonly unattributed?: readonly string[];
  /** Workers that SIGKILL did not end, and where in the kernel they were. They are not waited for, and may still be there. */
  readonly wedged?: readonly Wedge[];
  /** The last round of the canary that tells most: one that missed a fault, if there was any. */
  readonly canary?: CanaryResult;
}
