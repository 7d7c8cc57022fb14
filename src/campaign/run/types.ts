import type { Target } from '../../driver/targets/target.js';
import type { RuleId } from '../../model/expectation.js';
import type { Profile } from '../../scenario/profile.js';
import type { CanaryResult } from '../canary/result.js';
import type { OutcomeCoverage } from '../coverage/outcomes.js';
import type { PairCoverage } from '../coverage/pairs.js';
import type { DeathKind, Finding } from '../types.js';
import type { Range } from './ranges.js';
import type { Shard } from './shard.js';

/** Version of run.json and of the journal. */
export const RUN_SCHEMA = 1;

/** When a campaign ends by itself: whichever is spent first. */
export interface Budgets {
  readonly timeMs?: number | undefined;
  /** Scenarios, over all legs. */
  readonly runs?: number | undefined;
  /** Findings that no known divergence explains. */
  readonly findings?: number | undefined;
}

/** What was asked for, in `run.json`: written once, when the campaign begins. */
export interface RunSettings {
  readonly schema: typeof RUN_SCHEMA;
  readonly families: readonly string[];
  readonly targets: readonly Target[];
  readonly seed: number;
  readonly workers: number;
  readonly budgets: Budgets;
  /** Only these scenarios of the seed. */
  readonly shard?: Shard | undefined;
  readonly plant: string;
  /** Absolute path. */
  readonly corpusDir: string;
  /** ISO 8601, UTC. */
  readonly startedAt: string;
}

/** How a campaign was doing at one time. */
export interface Sample {
  /** Time that the campaign has run, without the time between a kill and the resumption. */
  readonly elapsedMs: number;
  /** Scenarios of all legs up to then. */
  readonly scenarios: number;
  /** Resident memory of the supervisor and its workers. */
  readonly rssBytes: number;
}

/** A shard that a worker had begun, and not ended when the campaign did. */
export interface OpenShard extends Shard {
  /** Nothing was begun later by the same worker: this is what it was at. */
  readonly inFlight: boolean;
}

/** One family on one target. */
export interface LegRecord {
  /** Its number in the run. */
  readonly leg: number;
  readonly family: string;
  /** As the user names it: `qemu:amd64`. */
  readonly target: string;
  readonly profile: Profile;
  /** Rules that this machine can exercise at all. */
  readonly applicable: readonly RuleId[];
  readonly scenarios: number;
  /** Time during which at least one worker was on this leg. */
  readonly elapsedMs: number;
  readonly decided: Readonly<Record<RuleId, number>>;
  /** Reason to count. */
  readonly skips: Readonly<Record<string, number>>;
  /** Id of a known divergence to count. */
  readonly known: Readonly<Record<string, number>>;
  /** Coarse configuration to count. */
  readonly configurations: Readonly<Record<string, number>>;
  /** Signature to how often it was met, the first time included. */
  readonly occurrences: Readonly<Record<string, number>>;
  /** Faults of the tool itself, and how often. */
  readonly harness: Readonly<Record<string, number>>;
  /** Workers that took the place of a dead one. */
  readonly workerRestarts: number;
  readonly pairs: PairCoverage | undefined;
  readonly outcomes?: OutcomeCoverage | undefined;
  readonly findings: readonly FindingRecord[];
  /** Signatures that turned out to be another finding's, and that one's. */
  readonly aliases: Readonly<Record<string, string>>;
  /** Numbers of the scenarios whose counts are in this record. */
  readonly done: readonly Range[];
  readonly open: readonly OpenShard[];
}

export interface FindingRecord {
  readonly finding: Finding;
  /** Nothing more is to be found out about it. */
  readonly settled: boolean;
  /** How it ended its worker, if it did. */
  readonly death?: DeathKind;
}

/** All that a run directory says. */
export interface RunRecord {
  readonly directory: string;
  readonly settings: RunSettings;
  /** One per family and target, in the order in which they began. */
  readonly legs: readonly LegRecord[];
  /** About every ten seconds, seldomer in long campaigns. */
  readonly samples: readonly Sample[];
  /** The findings of all legs. */
  readonly findings: readonly Finding[];
  /** Signature to how often it was met, on all legs. */
  readonly occurrences: Readonly<Record<string, number>>;
  readonly canary: CanaryResult | undefined;
  /** Time that the campaign has run, as far as it is recorded. */
  readonly elapsedMs: number;
  /** Undefined: it runs still, or was killed and can be resumed. After an interrupt it can be, too. */
  readonly ended: 'budget' | 'interrupt' | undefined;
  /** What of the journal could not be read, in sentences. */
  readonly problems: readonly string[];
}
