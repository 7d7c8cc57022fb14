import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { errorMessage } from '../util/errno.js';
import type { Backoff } from './backoff.js';
import { Budget } from './budget.js';
import { Canary } from './canary/canary.js';
import type { CanaryResult } from './canary/result.js';
import { CanarySchedule } from './canary/schedule.js';
import { CampaignLog } from './campaignLog.js';
import { monotonicMs } from './clock.js';
import { CampaignError } from './campaignError.js';
import type { Keeper } from './findings.js';
import { onInterrupt } from './interrupt.js';
import { INVESTIGATION_LIMITS, type InvestigationLimits } from './investigate.js';
import { Leg, type LegParts } from './leg.js';
import { legsOf } from './legs.js';
import { MemoryWatch } from './memory.js';
import { createRun, type OpenRun, resumeRun } from './run/directory.js';
import { commitInterval, sampleInterval } from './run/pace.js';
import { settingsOf } from './run/settings.js';
import { Rota } from './rota.js';
import { StopRequest } from './stop.js';
import { progressOf, summaryOf } from './summary.js';
import type { CampaignOptions, CampaignSummary, Finding, Progress } from './types.js';
import { Watches } from './kernel/watches.js';

const PROGRESS_MS = 500;
/** Time after which a slot looks for a leg that needs it more. */
const SLICE_MS = 60_000;

/** What a campaign tells about itself, and asks for. */
export interface CampaignListener extends Keeper {
  progress?(progress: Progress): void;
  finding?(finding: Finding): void;
  /** Something that a user may want to know now, in one sentence. */
  notice?(sentence: string): void;
  /** Called once an interrupt is ending the campaign. */
  stopping?(): void;
}

/** Beside the options of users: what tests and benchmarks set. */
export interface CampaignTuning {
  readonly deadlineMs?: number;
  readonly graceMs?: number;
  readonly limits?: InvestigationLimits;
  readonly backoff?: Backoff;
  /** Stands in for families and driver (see parts.ts). */
  readonly module?: string;
  /** Time from one record of the totals to the next. */
  readonly commitMs?: number;
  readonly sliceMs?: number;
  /** Ends the campaign like an interrupt does. */
  readonly signal?: AbortSignal;
}

/**
 * Runs a campaign to the end of its budget. SIGINT ends it early with a summary, a second one at once.
 *
 * @throws {CampaignError} nothing can be executed, in one sentence.
 * @throws {RunError} the run directory cannot be used, in one sentence.
 */
export async function runCampaign(
  options: CampaignOptions,
  listener: CampaignListener,
  tuning: CampaignTuning = {},
): Promise<CampaignSummary> {
  mkdirSync(options.runDir, { recursive: true });
  const notice = (sentence: string): void => listener.notice?.(sentence);
  const run =
    options.resume === true
      ? resumeRun(options.runDir, notice)
      : createRun(options.runDir, settingsOf(options, new Date()), notice);
  try {
    return await new Campaign(options, listener, tuning, run).run();
  } finally {
    run.close();
  }
}

class Campaign {
  private readonly budget: Budget;
  private readonly stop = new StopRequest();
  private readonly log: CampaignLog;
  private readonly memory = new MemoryWatch();
  private readonly watches = new Watches();
  private readonly legs: Leg[] = [];
  /** Faults of the tool itself that belong to no leg. */
  private readonly harness: string[] = [];
  private canary: CanaryResult | undefined;
  private sampledMs = 0;
  private interrupted = false;

  constructor(
    private readonly options: CampaignOptions,
    private readonly listener: CampaignListener,
    private readonly tuning: CampaignTuning,
    private readonly opened: OpenRun,
  ) {
    this.log = new CampaignLog(join(options.runDir, 'log.ndjson'));
    this.budget = new Budget(options.timeMs, opened.before?.elapsedMs ?? 0);
  }

  async run(): Promise<CampaignSummary> {
    const { options, stop } = this;
    this.log.info('campaign', { ...options });
    const forget = onInterrupt(stop, () => {
      this.interrupt();
      this.listener.stopping?.();
    });
    this.tuning.signal?.addEventListener('abort', () => {
      this.interrupt();
    });
    void stop.promise.then(() => {
      for (const { crew } of this.legs) crew.stop();
    });
    let ticker: NodeJS.Timeout | undefined;
    try {
      await this.openLegs();
      this.budget.start();
      const canaries = this.makeCanaries();
      ticker = setInterval(() => {
        this.tick();
        canaries.poll(this.budget.elapsedMs);
      }, PROGRESS_MS);
      canaries.poll(0);
      await this.fuzz();
      await canaries.end(this.budget.elapsedMs, stop.requested);
      return await this.finish();
    } finally {
      clearInterval(ticker);
      forget();
      await Promise.all(this.legs.map(({ crew }) => crew.dismissAll()));
      this.watches.close();
      this.log.end();
    }
  }

  private interrupt(): void {
    this.interrupted = true;
    this.stop.request();
  }

  /** A target that lacks something, or whose workers do not start, costs its leg; when none is left, the campaign. */
  private async openLegs(): Promise<void> {
    const legs = legsOf(this.options, this.tuning);
    const before = this.opened.before?.legs ?? [];
    let problem: CampaignError | undefined;
    for (const settings of legs) {
      if (this.stop.requested) break;
      try {
        const leg = await Leg.open(
          settings,
          this.legParts(),
          before.find(({ leg: index }) => index === settings.index),
        );
        this.legs.push(leg);
      } catch (error) {
        if (!(error instanceof CampaignError)) throw error;
        problem ??= error;
        if (legs.length === 1) throw error;
        const sentence = `${settings.name}: ${error.message}`;
        this.listener.notice?.(error.missing ? `skipped: ${sentence}` : sentence);
        if (!error.missing) this.harness.push(sentence);
      }
    }
    if (problem !== undefined && this.legs.length === 0) throw problem;
  }

  private legParts(): LegParts {
    const { options, listener, stop, watches, tuning, budget } = this;
    return {
      ...{ runDir: options.runDir, workers: options.workers, keeper: listener, stop, watches },
      limits: tuning.limits ?? INVESTIGATION_LIMITS,
      backoff: tuning.backoff,
      notice: (sentence) => {
        this.log.warn(sentence, {});
        listener.notice?.(sentence);
      },
      journal: this.opened.journal,
      log: (event, facts) => {
        this.log.info(event, facts);
      },
      finding: (finding) => {
        this.found(finding);
      },
      elapsedMs: () => budget.elapsedMs,
      commitMs: () => tuning.commitMs ?? commitInterval(budget.elapsedMs),
    };
  }

  private found(finding: Finding): void {
    const { signature, target, file, saveError, reproduction, known } = finding;
    this.log.warn('finding', { signature, target, file, saveError, reproduction, known });
    this.listener.finding?.(finding);
    const { findings: wanted } = this.options;
    const sum = this.legs.reduce((total, { findings }) => total + findings.unlabelled, 0);
    if (wanted !== undefined && sum >= wanted) this.stop.request();
  }

  private async fuzz(): Promise<void> {
    const rota = new Rota(this.legs);
    const slots = Array.from({ length: this.options.workers }, () => this.workInTurns(rota));
    try {
      await Promise.all(slots);
    } catch (error) {
      this.stop.request();
      await Promise.allSettled(slots);
      throw error;
    }
  }

  /** What one worker does from the beginning to the end. */
  private async workInTurns(rota: Rota<Leg>): Promise<void> {
    const { stop, budget, tuning } = this;
    const end = monotonicMs() + budget.leftMs;
    const sliceMs = this.legs.length === 1 ? Infinity : (tuning.sliceMs ?? SLICE_MS);
    while (!stop.requested && monotonicMs() < end) {
      const next = rota.next();
      if (next === undefined) return;
      try {
        await next.turn.work({ end, sliceMs, mayStay: next.mayStay });
      } finally {
        next.leave();
      }
    }
  }

  /** A campaign with a fault of its own has nothing to prove. */
  private makeCanaries(): CanarySchedule {
    const { legs, stop, options } = this;
    const canaries = options.plant === 'none' ? legs.map((leg) => new Canary(leg.crew, leg.name, stop)) : [];
    return new CanarySchedule(canaries, {
      result: (result) => {
        this.log.info('canary', result);
        this.opened.journal.append({ kind: 'canary', result });
        if (this.canary?.caught !== false) this.canary = result;
      },
      broken: (sentence) => {
        this.harness.push(sentence);
        this.listener.notice?.(sentence);
        stop.request();
      },
    });
  }

  private tick(): void {
    const { legs, budget, listener } = this;
    const { elapsedMs } = budget;
    this.memory.sample(legs.flatMap(({ crew }) => crew.pids));
    this.watches.poll();
    for (const leg of legs) leg.commitWhenDue();
    if (elapsedMs - this.sampledMs >= sampleInterval(elapsedMs)) this.sample();
    listener.progress?.(progressOf(legs, elapsedMs, this.options.workers, this.memory.summary().end));
  }

  private sample(): void {
    const { elapsedMs } = this.budget;
    this.sampledMs = elapsedMs;
    const scenarios = this.legs.reduce((sum, { counts }) => sum + counts.scenarios, 0);
    this.opened.journal.append({ kind: 'sample', elapsedMs, scenarios, rssBytes: this.memory.summary().end });
  }

  private async finish(): Promise<CampaignSummary> {
    const { legs, budget, options } = this;
    this.watches.close();
    this.tick();
    for (const leg of legs) await leg.settle();
    this.sample();
    const why = this.interrupted ? 'interrupt' : 'budget';
    const { elapsedMs } = budget;
    this.opened.journal.append({ kind: 'ended', why, elapsedMs });
    const { harness, watches } = this;
    const rssBytes = this.memory.summary();
    const summary = summaryOf(legs, {
      ...{ seed: options.seed, ended: why, elapsedMs, rssBytes, harness, watches },
      ...(this.canary === undefined ? {} : { canary: this.canary }),
    } as const);
    const { scenarios, workerRestarts, unattributed } = summary;
    const facts = { scenarios, elapsedMs, workerRestarts, rssBytes, harness: summary.harness, unattributed };
    this.log.info('summary', { ...facts, findings: summary.findings.length });
    for (const { crew } of legs) await crew.dismissAll();
    this.removeWorkFiles();
    return summary;
  }

  /** Of workers that have ended; a campaign that was killed needs them when it is resumed. */
  private removeWorkFiles(): void {
    try {
      rmSync(join(this.options.runDir, 'workers'), { recursive: true, force: true });
    } catch (error) {
      this.log.warn('files of workers are left', { error: errorMessage(error) });
    }
  }
}
