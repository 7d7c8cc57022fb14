import type { KnownDivergence } from '../../corpus/known.js';
import type { LoadProblem } from '../../corpus/load.js';
import type { Profile } from '../../scenario/profile.js';
import type { Replayed } from '../../triage/replay.js';
import type { RuleBook } from '../rules.js';

/** A replay as it begins. */
export interface RunFacts {
  /** Names this run among all others. */
  readonly id: string;
  /** As users name it: `qemu:arm64`. */
  readonly target: string;
  readonly startedAt: Date;
  /** Executions of each case. */
  readonly times: number;
  /** Cases and refused files: the lines of a plan. */
  readonly planned: number;
}

/** The cases of one family, on a machine that is known by now. */
export interface SuiteFacts {
  readonly family: string;
  /** Undefined when the machine could not be reached. */
  readonly profile: Profile | undefined;
  readonly rules: RuleBook;
  readonly known: readonly KnownDivergence[];
}

/** What came of one case, and when. */
export interface CaseResult {
  /** Dotted, the same on every machine: `stage2.page-fault-test.write64-hole`. */
  readonly name: string;
  readonly replayed: Replayed;
  /** Of its scenario. */
  readonly steps: number;
  readonly startedAt: Date;
  /** All executions together. */
  readonly durationMs: number;
}

/** A case file that was refused. */
export interface RefusedFile extends LoadProblem {
  readonly name: string;
}

/** A replay as it ends. */
export interface RunEnd {
  readonly exitCode: number;
  readonly durationMs: number;
  /** Why it ended before its last case, in one sentence. */
  readonly broken: string | undefined;
}

/** Told of a replay while it runs; writes in one format to one place. */
export interface ReplayReporter {
  begin(run: RunFacts): void;
  refused(file: RefusedFile): void;
  suite(suite: SuiteFacts): void;
  /** Of the suite that began last. */
  result(result: CaseResult): void;
  /** Something is wrong with a file that is no case: a known divergence. */
  problem(problem: LoadProblem): void;
  end(end: RunEnd): void;
}

/** Takes text as it is; several calls add up. */
export type Write = (text: string) => void;
