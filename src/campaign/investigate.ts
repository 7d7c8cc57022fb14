import type { Mismatch } from '../oracle/verdict.js';
import { type Place, placeAt } from './batches.js';
import type { Crew } from './crew.js';
import type { Findings } from './findings.js';
import type { Found, Shrunk, ShrinkLimits } from './messages.js';
import type { Judged } from './pipeline.js';
import type { Finding, Reproduction } from './types.js';
import { WorkerDeath } from './death.js';
import type { WorkerProcess } from './workerProcess.js';

export interface InvestigationLimits {
  /** Executions in the process that found the fault, and in new processes. */
  readonly tries: number;
  readonly freshTries: number;
  readonly shrink: ShrinkLimits;
  /** Executions for reducing a crash or a hang, each in a process of its own. */
  readonly disposableExecutions: number;
}

export const INVESTIGATION_LIMITS: InvestigationLimits = {
  tries: 10,
  freshTries: 5,
  shrink: { executions: 20_000, timeMs: 20_000 },
  disposableExecutions: 40,
};

/** Tries where each costs a whole deadline. */
export const SLOW_TRIES = 2;
/** Tries of a shrink candidate when the fault does not always come back. */
const FLAKY_TRIES = 3;
/** Distinct faults that are confirmed and shrunk; what a thoroughly broken machine shows beyond is kept as it was generated. */
const MAX_SHRUNK = 64;
/** After an interrupt, shrinking may go on for this long. */
const STOP_MS = 1500;

export const AS_GENERATED = 'as generated';
export const NO_REPRODUCTION: Reproduction = { tries: 0, hits: 0, freshTries: 0, freshHits: 0 };

/** Resolved once the campaign is to end early. */
export interface StopSignal {
  readonly requested: boolean;
  readonly promise: Promise<void>;
}

interface Confirmed {
  readonly reproduction: Reproduction;
  /** An execution that showed the fault. */
  readonly shown: Judged | undefined;
}

/** Finds out about a fault that a living worker reported: how often it comes back, and the smallest scenario that shows it. */
export class Investigation {
  private followed = 0;

  constructor(
    private readonly crew: Crew,
    private readonly findings: Findings,
    private readonly limits: InvestigationLimits,
    private readonly stop: StopSignal,
    private readonly leg: { readonly family: string; readonly target: string },
  ) {}

  /**
   * @throws {WorkerDeath} the worker died on the way; what was known by then is kept.
   */
  async run(worker: WorkerProcess, found: Found, { origin, shard }: Place): Promise<void> {
    const { signature } = found;
    if (!this.findings.enter(signature.text)) return;
    const mismatches = mismatchesOf(found.judged);
    const label = this.findings.label(
      signature,
      mismatches.map(({ rule }) => rule),
    );
    const finding: Finding = {
      signature: signature.text,
      ...this.leg,
      known: label,
      verdict: found.judged.execution.verdict,
      mismatches,
      scenario: found.scenario,
      original: found.scenario,
      timeline: found.judged.execution.timeline,
      reproduction: NO_REPRODUCTION,
      seed: origin.seed,
      path: String(origin.index),
      shard,
      minimized: AS_GENERATED,
      file: undefined,
      saveError: undefined,
    };
    this.findings.note(finding);
    await this.again(worker, finding);
  }

  /**
   * Finds out about a fault that was noted and no more when the campaign was killed.
   *
   * @throws {WorkerDeath} as {@link run}.
   */
  async again(worker: WorkerProcess, noted: Finding): Promise<void> {
    let finding = noted;
    try {
      finding = await this.follow(worker, noted);
    } catch (error) {
      // What is known by now is kept.
      finding = this.findings.get(noted.signature) ?? noted;
      if (finding.known === undefined && finding.file === undefined) finding = this.findings.keep(finding);
      throw error;
    } finally {
      this.findings.done(finding);
    }
  }

  private async follow(worker: WorkerProcess, first: Finding): Promise<Finding> {
    let finding = first;
    if (++this.followed > MAX_SHRUNK) return first.known === undefined ? this.findings.keep(first) : first;
    if (!this.stop.requested) {
      const { reproduction } = await this.confirm(worker, finding, finding.scenario);
      finding = { ...finding, reproduction };
    }
    // A known divergence has its own file, and there is nothing more to find out about it.
    if (finding.known !== undefined) return finding;
    const inCorpus = this.findings.fromCorpus(finding);
    if (inCorpus !== undefined) return inCorpus;
    finding = this.findings.keep(finding);
    if (this.stop.requested || finding.reproduction.hits + finding.reproduction.freshHits === 0) return finding;
    const shrunk = await this.shrink(worker, finding);
    if (shrunk === undefined) return finding;
    return this.findings.keep(await this.adopt(worker, finding, shrunk));
  }

  /** The shrunk scenario replaces the generated one, unless it lost the way into new processes. */
  private async adopt(worker: WorkerProcess, finding: Finding, shrunk: Shrunk): Promise<Finding> {
    const minimized = describeShrinking(shrunk);
    const smaller = { ...finding, scenario: shrunk.scenario, path: shrunk.path, minimized };
    if (worker.dead) return smaller;
    const { reproduction, shown } = await this.confirm(worker, finding, shrunk.scenario);
    if (finding.reproduction.freshHits > 0 && reproduction.freshHits === 0 && reproduction.freshTries > 0)
      return { ...finding, minimized: `${AS_GENERATED}; the shrunk scenario failed in no new process` };
    if (shown === undefined) return { ...smaller, reproduction };
    const { verdict, timeline } = shown.execution;
    return { ...smaller, reproduction, verdict, timeline, mismatches: mismatchesOf(shown) };
  }

  /** Executes the scenario in this process, then in new ones with a new virtual machine each. */
  private async confirm(worker: WorkerProcess, { signature, verdict }: Finding, scenario: unknown): Promise<Confirmed> {
    const slow = verdict.kind === 'hang';
    const times = slow ? SLOW_TRIES : this.limits.tries;
    const same = await worker.request({ kind: 'execute', scenario, times, freshVm: false });
    const freshTries = this.stop.requested ? 0 : slow ? SLOW_TRIES : this.limits.freshTries;
    const fresh = await Promise.all(Array.from({ length: freshTries }, () => this.executeFresh(scenario)));
    const shows = (judged: Judged | undefined) => judged?.signature?.text === signature;
    const reproduction = {
      tries: times,
      hits: same.filter(shows).length,
      freshTries,
      freshHits: fresh.filter(shows).length,
    };
    return { reproduction, shown: [...fresh, ...same].find(shows) };
  }

  private async executeFresh(scenario: unknown): Promise<Judged | undefined> {
    try {
      const judged = await this.crew.disposable((worker) =>
        worker.request({ kind: 'execute', scenario, times: 1, freshVm: true }),
      );
      return judged[0];
    } catch (error) {
      if (error instanceof WorkerDeath) return undefined;
      throw error;
    }
  }

  /** Undefined: interrupted before anything got smaller. */
  private async shrink(worker: WorkerProcess, finding: Finding): Promise<Shrunk | undefined> {
    const { tries, hits, freshTries, freshHits } = finding.reproduction;
    const { shard } = finding;
    const shrinking = worker.request({
      kind: 'shrink',
      origin: shard && placeAt(shard.seed, shard.from, shard.focus).origin,
      scenario: finding.original,
      signature: finding.signature,
      limits: this.limits.shrink,
      tries: hits < tries || freshHits < freshTries ? FLAKY_TRIES : 1,
      // A fault that reused machines hide is shrunk on new ones.
      freshVm: hits === 0,
    });
    let over = false;
    let timer: NodeJS.Timeout | undefined;
    void this.stop.promise.then(() => {
      if (!over)
        timer = setTimeout(() => {
          worker.kill();
        }, STOP_MS);
    });
    try {
      return await shrinking;
    } catch (error) {
      if (error instanceof WorkerDeath && this.stop.requested) return worker.shrunk;
      throw error;
    } finally {
      over = true;
      clearTimeout(timer);
    }
  }
}

export function mismatchesOf(judged: Judged): readonly Mismatch[] {
  const { verdict } = judged.execution;
  if (verdict.kind === 'divergence') return verdict.mismatches;
  if (verdict.kind !== 'hang') return [];
  return [{ rule: 'hang', step: verdict.step, expected: 'the step ends', observed: verdict.detail }];
}

function describeShrinking({ steps, executions, end }: Shrunk): string {
  const ends = {
    minimal: 'nothing more can go',
    executions: 'stopped after its number of executions',
    time: 'stopped after its time',
  } as const;
  return `from ${steps.before} to ${steps.now} steps in ${executions} executions; ${ends[end]}`;
}
