import { type Patience, waitAfter } from './backoff.js';
import { monotonicMs } from './clock.js';
import { CampaignError } from './campaignError.js';
import type { Crew } from './crew.js';
import { pause } from './pause.js';
import type { StopSignal } from './investigate.js';
import type { WorkerCounts } from './messages.js';
import type { SlotHealth, SlotState } from './slotHealth.js';
import type { WorkerProcess } from './workerProcess.js';

export interface SlotParts {
  readonly crew: Crew;
  readonly patience: Patience;
  readonly stop: StopSignal;
  /** Told in one sentence that a slot waits. */
  readonly notice: (sentence: string) => void;
}

/** What a slot tells of its workers. */
export interface SlotEvents {
  counts(counts: WorkerCounts): void;
  /** The tool could not do its work. */
  harness(sentence: string): void;
  /** A worker took the place of a dead one. */
  replaced(): void;
}

/** The place of one worker in a campaign. A worker that ended is replaced at once; a slot that keeps failing waits longer and longer. */
export class Slot {
  state: SlotState = 'starting';
  private hired = 0;
  private resumeAt = 0;
  private toldMs = 0;

  /** @param number from 1 on. */
  constructor(
    private readonly parts: SlotParts,
    private readonly number: number,
    private process: WorkerProcess | undefined,
    private readonly events: SlotEvents,
    /** When it stops working, as {@link monotonicMs} counts. */
    private readonly until: number,
  ) {
    parts.patience.join(this);
    if (process !== undefined) this.hired = 1;
  }

  /** Workers that took the place of a dead one. */
  get replaced(): number {
    return Math.max(0, this.hired - 1);
  }

  /** The worker, as long as it lives. */
  get present(): WorkerProcess | undefined {
    return this.process?.dead === false ? this.process : undefined;
  }

  get health(): SlotHealth {
    const { state, process, replaced } = this;
    const now = monotonicMs();
    const ms = state === 'backed off' ? this.resumeAt - now : process === undefined ? 0 : now - process.lastSeen;
    return { state, pid: process?.pid, ms: Math.max(0, ms), replaced };
  }

  /**
   * The living worker, a new one if need be. Undefined: the campaign ended before there was one.
   *
   * @throws {CampaignError} nothing works at all.
   */
  async worker(): Promise<WorkerProcess | undefined> {
    while (this.process?.dead !== false) {
      await this.drop();
      if (!(await this.waitOut())) return undefined;
      this.state = 'starting';
      try {
        this.process = await this.parts.crew.hire({
          counts: (counts) => {
            this.events.counts(counts);
          },
        });
        if (this.hired++ > 0) this.events.replaced();
      } catch (error) {
        if (!(error instanceof CampaignError)) throw error;
        this.failed(error.message, error.missing);
      }
    }
    this.state = 'fuzzing';
    return this.process;
  }

  /** The worker has done something. */
  worked(): void {
    this.parts.patience.succeeded(this);
    this.toldMs = 0;
  }

  /** The worker was lost to a scenario. */
  lost(sentence: string): void {
    this.wait(this.parts.patience.failed(this), sentence);
  }

  /**
   * The tool could not do its work.
   *
   * @throws {CampaignError} nothing works at all.
   */
  failed(sentence: string, missing = false): void {
    const { patience } = this.parts;
    this.events.harness(sentence);
    const failures = patience.failed(this);
    if (patience.over) throw new CampaignError(sentence, missing);
    this.wait(failures, sentence);
  }

  async close(): Promise<void> {
    await this.drop();
    this.state = 'ended';
    this.parts.patience.leave(this);
  }

  private async drop(): Promise<void> {
    if (this.process !== undefined) await this.parts.crew.dismiss(this.process);
    this.process = undefined;
  }

  private wait(failures: number, sentence: string): void {
    const { patience, notice } = this.parts;
    const ms = waitAfter(failures, patience.backoff);
    this.resumeAt = monotonicMs() + ms;
    // At its longest the wait is told once.
    if (ms <= this.toldMs) return;
    this.toldMs = ms;
    notice(`worker ${this.number} pauses for ${ms / 1000} s after ${failures} failures in a row: ${sentence}`);
  }

  /** False: the campaign ended meanwhile. */
  private async waitOut(): Promise<boolean> {
    const { stop } = this.parts;
    const ms = Math.min(this.resumeAt, this.until) - monotonicMs();
    if (ms > 0) {
      this.state = 'backed off';
      await pause(ms, stop.promise);
    }
    return !stop.requested && monotonicMs() < this.until;
  }
}
