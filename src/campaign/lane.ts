import type { InFlight } from '../driver/blackBox.js';
import type { Patience } from './backoff.js';
import type { Batch, Batches } from './batches.js';
import { CampaignError, type Crew } from './crew.js';
import { WorkerDeath, WorkerFailure } from './death.js';
import type { Deaths } from './deaths.js';
import { BURST } from './fuzzing.js';
import type { Investigation } from './investigate.js';
import { placeOf } from './seeds.js';
import { Slot } from './slot.js';
import type { Stats } from './stats.js';
import type { StopRequest } from './stop.js';
import type { WorkerProcess } from './workerProcess.js';

export interface LaneParts {
  readonly crew: Crew;
  readonly batches: Batches;
  readonly stats: Stats;
  readonly investigation: Investigation;
  readonly deaths: Deaths;
  readonly patience: Patience;
  readonly stop: StopRequest;
  /** End of the time budget, in milliseconds since the epoch. */
  readonly stopAt: number | undefined;
  /** Told in one sentence that a worker is not replaced at once. */
  readonly notice: (sentence: string) => void;
}

/** Keeps one worker busy with batches, and looks into what it finds and what ends it. */
export class Lane {
  readonly slot: Slot;
  /** Scenarios that are behind the present worker, whether it has reported them or not. */
  private passed = 0;
  /** A death that one of several scenarios caused: these are executed one at a time until one of them does it again. */
  private search: { readonly death: WorkerDeath; readonly inFlight: InFlight; readonly until: number } | undefined;

  /**
   * @param number from 1 on.
   * @param first a worker that is there already.
   */
  constructor(
    private readonly parts: LaneParts,
    number: number,
    first?: WorkerProcess,
  ) {
    this.slot = new Slot(parts, number, first);
  }

  /** @throws {CampaignError} nothing has ever worked. */
  async run(): Promise<void> {
    try {
      await this.runBatches();
      await this.collectCounts();
    } catch (error) {
      if (!(error instanceof CampaignError) || !this.parts.patience.worked) throw error;
      this.parts.stats.harness.add(`nothing works any more: ${error.message}`);
      this.parts.stop.request();
    } finally {
      await this.slot.close();
      await this.parts.deaths.idle();
    }
  }

  private async runBatches(): Promise<void> {
    while (!this.over()) {
      const batch = this.parts.batches.take();
      if (batch === undefined) break;
      await this.runBatch(batch);
    }
  }

  private async runBatch(batch: Batch): Promise<void> {
    let from = 0;
    try {
      while (from < batch.runs && !this.over()) {
        try {
          from = await this.goOn(this.part(batch), from, (next) => (from = next));
          if (from >= (this.search?.until ?? Infinity)) this.endSearch(batch, true);
        } catch (error) {
          if (error instanceof WorkerDeath) from = await this.afterDeath(error, batch, from);
          else if (error instanceof WorkerFailure) from = this.afterFailure(error, batch);
          // A worker that was to confirm something did not start.
          else if (error instanceof CampaignError && !this.parts.patience.over) from = this.afterFailure(error, batch);
          else throw error;
        }
      }
    } finally {
      this.endSearch(batch, false);
    }
  }

  /** What of a batch is to be executed in the same way. */
  private part(batch: Batch): Batch {
    return this.search === undefined ? batch : { ...batch, runs: this.search.until };
  }

  /** Nothing that was in flight at a death killed the target alone, as far as it was tried. */
  private endSearch({ seed }: Batch, allTried: boolean): void {
    if (this.search === undefined) return;
    this.parts.deaths.unexplained(this.search.death, this.search.inFlight, seed, allTried);
    this.search = undefined;
  }

  /** @param reached told the next run as soon as it is known. */
  private async goOn({ batch, seed, runs }: Batch, from: number, reached: (next: number) => void): Promise<number> {
    const { investigation, stopAt } = this.parts;
    const worker = await this.slot.worker();
    if (worker === undefined) return from;
    const burst = this.search === undefined ? BURST : 1;
    const { next, found } = await worker.request({ kind: 'fuzz', seed, batch, from, to: runs, stopAt, burst });
    reached(next);
    this.passed += next - from;
    if (next > from) this.slot.worked();
    if (found === undefined) return next;
    this.slot.state = 'shrinking';
    await investigation.run(worker, found, seed);
    return next;
  }

  /** Has what killed the worker found out, beside the campaign. Returns the run to go on with. */
  private async afterDeath(death: WorkerDeath, batch: Batch, from: number): Promise<number> {
    const { deaths, stats, stop } = this.parts;
    const { inFlight } = death;
    const place = inFlight === undefined ? undefined : placeOf(inFlight.id);
    const killer = place?.batch === batch.batch ? place.index : undefined;
    const burst = this.search === undefined ? BURST : 1;
    const burstStart = killer === undefined ? from : killer - ((killer - from) % burst);
    const suspects = inFlight?.suspects.length ?? 0;
    const together = killer !== undefined && inFlight !== undefined && suspects > 1;
    this.search = together ? { death, inFlight, until: killer + suspects } : undefined;
    const next = killer === undefined ? from : together ? burstStart : killer + 1;
    // What the worker had not reported yet died with it.
    stats.scenarios += this.passed + next - from - this.slot.reported;
    this.passed = 0;
    // Shrinking is cut short by killing the worker.
    if (stop.requested && death.how === 'SIGKILL' && !death.silent) return batch.runs;
    if (inFlight === undefined) {
      this.slot.failed(`${death.message}, outside any execution ${death.stderr}`.trim());
      return batch.runs;
    }
    if (next > from + 1) this.slot.worked();
    this.slot.lost(death.message);
    if (together) return next;
    await deaths.take(death, inFlight, (problem) => {
      stats.harness.add(problem);
    });
    if (killer !== undefined) await this.catchUp(death, { ...batch, runs: killer }, burstStart);
    return next;
  }

  /** The scenarios that were executed in one burst with the one that killed the worker were not judged: runs them again. */
  private async catchUp(death: WorkerDeath, batch: Batch, first: number): Promise<void> {
    const before = this.passed;
    let from = first;
    try {
      while (from < batch.runs && !this.over()) from = await this.goOn(batch, from, (next) => (from = next));
    } catch (error) {
      if (!(error instanceof WorkerDeath || error instanceof WorkerFailure)) throw error;
      this.slot.failed(`after ${death.message}: ${error.message}`);
    }
    // They are counted already.
    this.parts.stats.scenarios -= this.passed - before;
  }

  /** Leaves the batch that the tool cannot handle. */
  private afterFailure(failure: Error, { runs }: Batch): number {
    this.slot.failed(failure.message);
    return runs;
  }

  private over(): boolean {
    const { stop, stopAt } = this.parts;
    return stop.requested || (stopAt !== undefined && Date.now() >= stopAt);
  }

  private async collectCounts(): Promise<void> {
    try {
      const counts = await this.slot.present?.request({ kind: 'counts' });
      if (counts !== undefined) this.parts.stats.add(counts);
    } catch (error) {
      if (!(error instanceof WorkerDeath)) throw error;
    }
  }
}
