import { mkdirSync } from 'node:fs';
import { targetName } from '../driver/targets/target.js';
import { type Backoff, Patience } from './backoff.js';
import { placeAt } from './batches.js';
import { Stopwatch } from './budget.js';
import type { PossiblePairs } from './coverage/pairs.js';
import { Planner } from './coverage/planner.js';
import { CampaignError } from './campaignError.js';
import { Crew } from './crew.js';
import { Deaths } from './deaths.js';
import { firstWorker, type Spare } from './firstWorker.js';
import { Findings, type Keeper, MAX_FINDINGS } from './findings.js';
import { Investigation, type InvestigationLimits } from './investigate.js';
import type { KernelReport } from './kernel/log.js';
import { Troubles } from './kernel/troubles.js';
import type { ReportWatch } from './kernel/watch.js';
import { Lane, type Slice } from './lane.js';
import { Ledger } from './ledger.js';
import type { Journal } from './run/journal.js';
import { workersDirectory } from './run/paths.js';
import type { Range } from './run/ranges.js';
import type { LegEvent } from './run/records.js';
import { takeSuspects } from './run/suspects.js';
import type { FindingRecord, LegRecord } from './run/types.js';
import { FROM_THE_START, Shards, type Work } from './shards.js';
import type { SlotHealth } from './slotHealth.js';
import type { Stats } from './stats.js';
import type { StopRequest } from './stop.js';
import type { Finding, LegSummary } from './types.js';
import { Totals } from './totals.js';
import type { Watches } from './kernel/watches.js';
import type { WorkerSetup } from './workerProcess.js';

/** One family on one target, and which scenarios of it. */
export interface LegSettings extends Omit<WorkerSetup, 'runDir' | 'oomKill'> {
  readonly index: number;
  readonly seed: number;
  readonly range: Range;
  /** The user says which scenarios these are: nothing else is preferred. */
  readonly named: boolean;
  /** What the generator is asked for then. */
  readonly focus?: unknown;
}

/** What the legs of a campaign have in common. */
export interface LegParts {
  readonly runDir: string;
  readonly workers: number;
  readonly limits: InvestigationLimits;
  readonly keeper: Keeper;
  readonly stop: StopRequest;
  readonly watches: Watches;
  readonly journal: Journal;
  readonly log: (event: string, facts: Readonly<Record<string, unknown>>) => void;
  readonly backoff: Backoff | undefined;
  readonly notice: (sentence: string) => void;
  readonly finding: (finding: Finding) => void;
  /** Of the campaign. */
  readonly elapsedMs: () => number;
  /** Time from one record of a leg's totals to the next. */
  readonly commitMs: () => number;
}

/** Runs one family on one target, with the workers that are given to it, and keeps count of it. */
export class Leg {
  readonly findings: Findings;
  private readonly ledger: Ledger;
  private readonly stopwatch: Stopwatch;
  private readonly totals: Totals;
  private readonly shards: Shards;
  private readonly unsettled: FindingRecord[];
  private readonly watch: ReportWatch;
  private readonly deaths: Deaths;
  private readonly investigation: Investigation;
  private readonly lanes = new Map<number, Lane>();
  private readonly troubles: Troubles;
  private readonly patience: Patience;
  /** Nothing works any more. */
  private broken = false;

  private constructor(
    private readonly settings: LegSettings,
    private readonly parts: LegParts,
    readonly crew: Crew,
    private spare: Spare,
    pairs: PossiblePairs | undefined,
    before: LegRecord | undefined,
    suspects: readonly Range[],
  ) {
    const { seed, range, target } = settings;
    const { name } = this;
    const { limits, stop, workers, keeper } = parts;
    this.ledger = new Ledger(pairs);
    this.patience = new Patience(parts.backoff);
    this.stopwatch = new Stopwatch(before?.elapsedMs);
    const { ledger, stopwatch } = this;
    const { elapsedMs, commitMs } = parts;
    const write = this.write.bind(this);
    this.totals = new Totals({ ledger, stopwatch, elapsedMs, commitMs, write });
    const start = before === undefined ? FROM_THE_START : { ...before, suspects };
    this.shards = new Shards(seed, range, workers, start, this.chooser());
    if (before !== undefined) this.ledger.restore(before.done, { ...before, outcomes: before.outcomes?.counts });
    const { applicable, outcomes } = crew.ready;
    const documented = outcomes === undefined ? {} : { outcomes: [...outcomes] };
    this.write({ kind: 'leg', ...name, profile: crew.profile, applicable: [...applicable], ...documented });
    const log = {
      write: (record: FindingRecord) => {
        parts.journal.appendDurably({ kind: 'finding', leg: settings.index, ...record });
      },
      renamed: (signature: string, became: string) => {
        this.write({ kind: 'renamed', signature, became });
      },
    };
    this.findings = new Findings(name.family, crew.profile, keeper, log, parts.finding);
    this.watch = parts.watches.join(target, this);
    const placeOf = (number: number) => placeAt(seed, number, this.shards.focusAt(number));
    this.deaths = new Deaths(crew, this.findings, limits, stop, name, placeOf, (pid) => this.watch.linesAbout(pid));
    const { findings } = this;
    this.troubles = new Troubles({ crew, findings, ledger, limits, stop, leg: name, placeAt: placeOf });
    this.investigation = new Investigation(crew, this.findings, limits, stop, name);
    this.unsettled = before?.findings.filter(({ settled }) => !settled) ?? [];
    if (before !== undefined) this.findings.restore(before.findings, before.aliases);
  }

  /**
   * Starts the first worker, which probes the target.
   *
   * @param before how far the leg had come when its campaign was killed.
   * @throws {CampaignError} no worker starts.
   */
  static async open(settings: LegSettings, parts: LegParts, before: LegRecord | undefined): Promise<Leg> {
    const { index } = settings;
    const suspects = before === undefined ? [] : takeSuspects(parts.runDir, index);
    const runDir = workersDirectory(parts.runDir, index);
    mkdirSync(runDir, { recursive: true });
    const log = (event: string, facts: Readonly<Record<string, unknown>>): void => {
      parts.log(event, { leg: index, ...facts });
    };
    const crew = new Crew({ ...settings, runDir }, { log });
    const { spare, pairs } = await firstWorker(crew);
    return new Leg(settings, parts, crew, spare, pairs, before, suspects);
  }

  get name(): { readonly family: string; readonly target: string } {
    return { family: this.settings.family, target: targetName(this.settings.target) };
  }

  get exhausted(): boolean {
    return this.broken || (this.shards.exhausted && this.unsettled.length === 0);
  }

  /** How the workers on it are. */
  get slots(): readonly SlotHealth[] {
    return [...this.lanes.values()].map(({ slot }) => slot.health);
  }

  /** Findings about which more is being found out. */
  get investigating(): number {
    return this.slots.filter(({ state }) => state === 'shrinking').length + this.deaths.pending;
  }

  /** What was counted up to now. */
  get counts(): Stats {
    return this.ledger.live;
  }

  /** Signature to how often it was met. */
  get occurrences(): Record<string, number> {
    return this.findings.occurrences(this.counts.occurrences.toRecord());
  }

  /** How often known divergences were met. */
  get known(): Record<string, number> {
    return this.findings.knownCounts(this.counts.occurrences.toRecord());
  }

  /**
   * Works with one worker until all is done or the time is over.
   *
   * @throws {CampaignError} nothing works.
   */
  async work(slice: Slice): Promise<void> {
    const number = this.freeNumber();
    const { crew, shards, ledger, investigation, deaths, unsettled } = this;
    const { stop, notice } = this.parts;
    const { patience } = this;
    const parts = {
      ...{ crew, shards, ledger, investigation, deaths, stop, unsettled, patience },
      notice,
      begun: (lane: number, work: Work) => {
        this.begun(lane, work);
      },
      shardMs: () => this.parts.commitMs() / 2,
    };
    const { worker } = this.spare;
    const lane = new Lane(number, parts, worker, slice);
    this.spare.lane = lane;
    this.spare = { worker: undefined, lane: undefined };
    this.lanes.set(number, lane);
    this.stopwatch.begin();
    try {
      await lane.run();
    } catch (error) {
      if (!(error instanceof CampaignError) || !patience.worked) throw error;
      this.ledger.addOutside({ harness: { [`nothing works any more: ${error.message}`]: 1 } });
      this.broken = true;
    } finally {
      this.stopwatch.end();
      this.lanes.delete(number);
    }
  }

  /** Ends the worker that probed the target, if nobody has taken it. */
  async dropSpare(): Promise<void> {
    const { worker } = this.spare;
    this.spare = { worker: undefined, lane: undefined };
    if (worker !== undefined) await this.crew.dismiss(worker);
  }

  /**
   * The kernel reported trouble in a thread of one of the workers.
   *
   * @param suspects see {@link Troubles.take}.
   */
  kernelReport(report: KernelReport, pid: number, suspects: Range | undefined): void {
    this.parts.log('kernel report', { pid, lines: report.lines, suspects });
    this.troubles.take(report, pid, suspects);
  }

  /** The kernel's log has been read. */
  kernelLogRead(): void {
    this.troubles.looked();
  }

  /** Writes the totals to the journal when it is time. */
  commitWhenDue(): void {
    this.totals.writeWhenDue();
  }

  /** Nothing is under way any more: everything that was asked for is done, or the time is over. */
  async settle(): Promise<void> {
    await this.troubles.settle();
    const { dropped } = this.findings;
    const sentence = `more than ${MAX_FINDINGS} distinct findings: ${dropped} are counted but not kept`;
    if (dropped > 0) this.ledger.addOutside({ harness: { [sentence]: 1 } });
    const { problem } = this.watch;
    if (problem !== undefined && !this.counts.skips.has(problem)) this.ledger.addOutside({ skips: { [problem]: 1 } });
    this.totals.end();
  }

  summary(): LegSummary {
    const { counts, crew, known } = this;
    const documented = crew.ready.outcomes;
    return {
      ...this.name,
      profile: crew.profile,
      scenarios: counts.scenarios,
      elapsedMs: this.stopwatch.elapsedMs,
      configurations: counts.configurations.toRecord(),
      pairs: counts.pairs?.toCoverage(),
      outcomes: documented && { counts: counts.outcomes.toRecord(), documented },
      decided: counts.decided.toRecord(),
      unexercised: counts.unexercised(crew.ready.applicable),
      skips: counts.skips.toRecord(),
      known,
      workerRestarts: counts.workerRestarts,
    };
  }

  /** What the generator is asked for from now on: what the user wants, or what is rare. */
  private chooser(): () => unknown {
    const { named, focus } = this.settings;
    // Scenarios that the user names are those of their numbers.
    if (named) return () => focus;
    const planner = new Planner(this.crew.ready.applicable);
    const { live } = this.ledger;
    return () =>
      planner.next({ pairs: live.pairs, examples: live.examples, decided: (rule) => live.decided.countOf(rule) });
  }

  private begun(lane: number, work: Work): void {
    this.commitWhenDue();
    const { seed, from, to, focus } = work;
    this.write({ kind: 'begun', lane, seed, from, to, ...(focus === undefined ? {} : { focus }) });
  }

  /** A lane takes the number of one that has ended: what that one had begun is behind both. */
  private freeNumber(): number {
    let number = 0;
    while (this.lanes.has(number)) number++;
    return number;
  }

  private write(event: LegEvent): void {
    this.parts.journal.append({ ...event, leg: this.settings.index });
  }
}
