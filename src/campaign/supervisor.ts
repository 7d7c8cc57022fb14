import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import pLimit from 'p-limit';
import { pino } from 'pino';
import { targetName } from '../driver/targets/target.js';
import { errorMessage } from '../util/errno.js';
import { type Backoff, Patience } from './backoff.js';
import { Batches } from './batches.js';
import { PairTotals } from './coverage/pairs.js';
import { Canary } from './canary/canary.js';
import type { CanaryResult } from './canary/result.js';
import { CanarySchedule } from './canary/schedule.js';
import { Crew } from './crew.js';
import { Deaths } from './deaths.js';
import { Findings, type Keeper, MAX_FINDINGS } from './findings.js';
import { onInterrupt } from './interrupt.js';
import { INVESTIGATION_LIMITS, Investigation, type InvestigationLimits } from './investigate.js';
import { Journal } from './journal.js';
import type { KernelReport } from './kernelLog.js';
import type { ReportWatch } from './kernelWatch.js';
import { Lane } from './lane.js';
import { MemoryWatch } from './memory.js';
import { Stats } from './stats.js';
import { StopRequest } from './stop.js';
import { deadlineFor, graceFor, watchFor } from './targetTraits.js';
import type { CampaignOptions, CampaignSummary, Finding, Progress } from './types.js';
import type { WorkerProcess } from './workerProcess.js';

const PROGRESS_MS = 500;
const DEADLINE_MS = 2000;
const GRACE_MS = 10_000;

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
  /** Ends the campaign like an interrupt does. */
  readonly signal?: AbortSignal;
}

/**
 * Runs a campaign to the end of its budget. SIGINT ends it early with a summary, a second one at once.
 *
 * @throws {CampaignError} nothing can be executed, in one sentence.
 */
export async function runCampaign(
  options: CampaignOptions,
  listener: CampaignListener,
  tuning: CampaignTuning = {},
): Promise<CampaignSummary> {
  mkdirSync(options.runDir, { recursive: true });
  return new Campaign(options, listener, tuning).run();
}

class Campaign {
  /** Booting a target is not what the time is given for. */
  private startedMs = Date.now();
  private readonly stop = new StopRequest();
  private readonly log;
  private readonly logFile;
  private readonly crew: Crew;
  private readonly batches: Batches;
  private readonly memory = new MemoryWatch();
  private readonly kernel: ReportWatch;
  private readonly stats: Stats;
  private findings: Findings | undefined;
  private readonly lanes: Lane[] = [];
  private canary: CanaryResult | undefined;
  private kernelReports: Promise<void> = Promise.resolve();

  constructor(
    private readonly options: CampaignOptions,
    private readonly listener: CampaignListener,
    private readonly tuning: CampaignTuning,
  ) {
    // Synchronous: a kill loses no line, and there are few.
    this.logFile = pino.destination({ dest: join(options.runDir, 'log.ndjson'), sync: true });
    this.log = pino({ base: null }, this.logFile);
    const { family, target, plant, runDir } = options;
    const { deadlineMs = deadlineFor(target, DEADLINE_MS), graceMs = graceFor(target, GRACE_MS), module } = tuning;
    this.crew = new Crew(
      { family, target, plant, deadlineMs, graceMs, runDir, module },
      {
        counts: (counts) => {
          this.stats.add(counts);
        },
        log: (event, facts) => {
          this.log.info(facts, event);
        },
      },
    );
    this.batches = new Batches(options.seed, options.runs);
    this.stats = new Stats((signature, count) => {
      this.findings?.count(signature, count);
    });
    this.kernel = watchFor(target, (pid) => this.crew.worker(pid)?.consoleFile);
  }

  async run(): Promise<CampaignSummary> {
    const { options, stop } = this;
    this.log.info({ ...options }, 'campaign');
    const forget = onInterrupt(stop, () => this.listener.stopping?.());
    this.tuning.signal?.addEventListener('abort', () => {
      stop.request();
    });
    let ticker: NodeJS.Timeout | undefined;
    try {
      const first = await this.crew.hire();
      const pairs = await first.request({ kind: 'pairs' });
      this.stats.pairs = pairs && new PairTotals(pairs);
      this.startedMs = Date.now();
      const findings = this.makeFindings();
      void stop.promise.then(() => {
        this.crew.stop();
      });
      const deaths = this.makeDeaths(findings);
      const canaries = this.makeCanaries();
      ticker = setInterval(() => {
        this.tick(findings, deaths);
        canaries.poll(Date.now() - this.startedMs);
      }, PROGRESS_MS);
      canaries.poll(0);
      await this.fuzz(first, findings, deaths);
      await canaries.end(Date.now() - this.startedMs, stop.requested);
      this.kernel.close();
      this.tick(findings, deaths);
      await this.kernelReports;
      return this.finish(findings);
    } finally {
      clearInterval(ticker);
      forget();
      await this.crew.dismissAll();
      this.kernel.close();
      this.logFile.end();
    }
  }

  private makeFindings(): Findings {
    const journal = new Journal(this.options.runDir);
    const findings = new Findings(this.crew.profile, this.listener, journal, (finding) => {
      const { signature, file, saveError, reproduction, known } = finding;
      this.log.warn({ signature, file, saveError, reproduction, known }, 'finding');
      this.listener.finding?.(finding);
    });
    this.findings = findings;
    return findings;
  }

  private async fuzz(first: WorkerProcess, findings: Findings, deaths: Deaths): Promise<void> {
    const { crew, batches, stats, stop } = this;
    const { family, workers, timeMs } = this.options;
    const limits = this.tuning.limits ?? INVESTIGATION_LIMITS;
    const investigation = new Investigation(crew, findings, limits, stop, family);
    const stopAt = timeMs === undefined ? undefined : this.startedMs + timeMs;
    const patience = new Patience(this.tuning.backoff);
    const notice = (sentence: string): void => {
      this.log.warn(sentence);
      this.listener.notice?.(sentence);
    };
    const parts = { crew, batches, stats, investigation, deaths, patience, stop, stopAt, notice };
    const limit = pLimit(workers);
    const lanes = Array.from({ length: workers }, (_, n) =>
      limit(async () => {
        const lane = new Lane(parts, n + 1, n === 0 ? first : undefined);
        this.lanes.push(lane);
        await lane.run();
      }),
    );
    try {
      await Promise.all(lanes);
    } catch (error) {
      stop.request();
      await Promise.allSettled(lanes);
      throw error;
    }
  }

  private makeDeaths(findings: Findings): Deaths {
    const { family, seed } = this.options;
    const limits = this.tuning.limits ?? INVESTIGATION_LIMITS;
    return new Deaths(this.crew, findings, limits, this.stop, { family, seed }, (pid) => this.kernel.linesAbout(pid));
  }

  /** A campaign with a fault of its own has nothing to prove. */
  private makeCanaries(): CanarySchedule {
    const { crew, stop, options } = this;
    const name = { family: options.family, target: targetName(options.target) };
    return new CanarySchedule(options.plant === 'none' ? [new Canary(crew, name, stop)] : [], {
      result: (result) => {
        this.log.info({ ...result }, 'canary');
        this.canary = result;
      },
      broken: (sentence) => {
        this.stats.harness.add(sentence);
        this.listener.notice?.(sentence);
        stop.request();
      },
    });
  }

  private tick(findings: Findings, deaths: Deaths): void {
    this.memory.sample(this.crew.pids);
    this.kernel.poll(this.crew.pids);
    for (const { report, pid } of this.kernel.take()) {
      this.log.warn({ pid, lines: report.lines }, 'kernel report');
      // One after the other: each may start workers to recover its scenario.
      this.kernelReports = this.kernelReports.then(() => this.lookInto(deaths, report, pid));
    }
    this.listener.progress?.(this.progress(findings));
  }

  private async lookInto(deaths: Deaths, report: KernelReport, pid: number): Promise<void> {
    try {
      await deaths.kernelReport(report, pid);
    } catch (error) {
      this.stats.harness.add(`a kernel report could not be looked into: ${errorMessage(error)}`);
    }
  }

  private progress(findings: Findings): Progress {
    const elapsedMs = Date.now() - this.startedMs;
    const { stats } = this;
    const { applicable } = this.crew.ready;
    return {
      elapsedMs,
      scenarios: stats.scenarios,
      perSecond: elapsedMs === 0 ? 0 : (stats.scenarios * 1000) / elapsedMs,
      findings: findings.unlabelled,
      known: findings.known.total,
      skips: stats.skips.total,
      rulesExercised: applicable.length - stats.unexercised(applicable).length,
      rulesApplicable: applicable.length,
      workers: Math.min(this.crew.pids.length, this.options.workers),
    };
  }

  private finish(findings: Findings): CampaignSummary {
    const { stats, kernel } = this;
    const { applicable, profile } = this.crew.ready;
    if (kernel.problem !== undefined) stats.skips.add(kernel.problem);
    if (findings.dropped > 0)
      stats.harness.add(`more than ${MAX_FINDINGS} distinct findings: ${findings.dropped} are counted but not kept`);
    const summary = {
      family: this.options.family,
      profile,
      seed: this.options.seed,
      elapsedMs: Date.now() - this.startedMs,
      scenarios: stats.scenarios,
      configurations: stats.configurations.toRecord(),
      pairs: stats.pairs?.toCoverage(),
      decided: stats.decided.toRecord(),
      unexercised: stats.unexercised(applicable),
      skips: stats.skips.toRecord(),
      known: findings.known.toRecord(),
      findings: findings.all,
      workerRestarts: this.lanes.reduce((sum, { slot }) => sum + slot.replaced, 0),
      rssBytes: this.memory.summary(),
      harness: Object.entries(stats.harness.toRecord()).map(([text, n]) => (n === 1 ? text : `${text} (${n} times)`)),
      occurrences: findings.occurrences.toRecord(),
      unattributed: Object.keys(kernel.unattributed.toRecord()),
      wedged: this.crew.wedged,
      ...(this.canary === undefined ? {} : { canary: this.canary }),
    };
    const { scenarios, elapsedMs, workerRestarts, rssBytes, harness, unattributed } = summary;
    const facts = { scenarios, elapsedMs, workerRestarts, rssBytes, harness, unattributed };
    this.log.info({ ...facts, findings: findings.all.length }, 'summary');
    return summary;
  }
}
