import type { InFlight } from '../driver/blackBox.js';
import type { Batch, Batches } from './batches.js';
import { CampaignError, type Crew } from './crew.js';
import type { Deaths } from './deaths.js';
import type { Investigation, StopSignal } from './investigate.js';
import { BURST } from './fuzzing.js';
import { placeOf } from './seeds.js';
import type { Stats } from './stats.js';
import { WorkerDeath, WorkerFailure, type WorkerProcess } from './workerProcess.js';

/** Failures of the tool in a row that end the campaign. */
const MAX_FAILURES = 3;

export interface LaneParts {
  readonly crew: Crew;
  readonly batches: Batches;
  readonly stats: Stats;
  readonly investigation: Investigation;
  readonly deaths: Deaths;
  readonly stop: StopSignal;
  /** End of the time budget, in milliseconds since the epoch. */
  readonly stopAt: number | undefined;
}

/** Keeps one worker busy with batches, looks into what it finds, and replaces it when it dies. */
export class Lane {
  /** Workers that took the place of a dead one. */
  replaced = 0;
  private failures = 0;
  /** Scenarios that are behind the present worker, whether it has reported them or not. */
  private passed = 0;
  /** A death that one of several scenarios caused: these are executed one at a time until one of them does it again. */
  private search: { readonly death: WorkerDeath; readonly inFlight: InFlight; readonly until: number } | undefined;

  constructor(
    private readonly parts: LaneParts,
    private worker: WorkerProcess,
  ) {}

  async run(): Promise<void> {
    const { crew, batches } = this.parts;
    try {
      while (!this.over()) {
        const batch = batches.take();
        if (batch === undefined) break;
        await this.runBatch(batch);
      }
      await this.collectCounts();
    } finally {
      await crew.dismiss(this.worker);
    }
  }

  private async runBatch(batch: Batch): Promise<void> {
    let from = 0;
    try {
      while (from < batch.runs && !this.over()) {
        try {
          from = await this.goOn(this.part(batch), from, (next) => (from = next));
          this.failures = 0;
          if (from >= (this.search?.until ?? Infinity)) this.endSearch(batch, true);
        } catch (error) {
          if (error instanceof WorkerDeath) from = await this.afterDeath(error, batch, from);
          else if (error instanceof WorkerFailure) from = this.afterFailure(error, batch);
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
    const burst = this.search === undefined ? BURST : 1;
    const { next, found } = await this.worker.request({ kind: 'fuzz', seed, batch, from, to: runs, stopAt, burst });
    reached(next);
    this.passed += next - from;
    if (found !== undefined) await investigation.run(this.worker, found, seed);
    return next;
  }

  /** Replaces the worker at once, then finds out what killed it. Returns the run to go on with. */
  private async afterDeath(death: WorkerDeath, { batch, seed, runs }: Batch, from: number): Promise<number> {
    const { crew, deaths, stats, stop } = this.parts;
    const { inFlight } = death;
    const place = inFlight === undefined ? undefined : placeOf(inFlight.id);
    const killer = place?.batch === batch ? place.index : undefined;
    const burst = this.search === undefined ? BURST : 1;
    const burstStart = killer === undefined ? from : killer - ((killer - from) % burst);
    const suspects = inFlight?.suspects.length ?? 0;
    const together = killer !== undefined && inFlight !== undefined && suspects > 1;
    this.search = together ? { death, inFlight, until: killer + suspects } : undefined;
    const next = killer === undefined ? from : together ? burstStart : killer + 1;
    // What the worker had not reported yet died with it.
    stats.scenarios += this.passed + next - from - this.worker.reported;
    this.passed = 0;
    await crew.dismiss(this.worker);
    // Shrinking is cut short by killing the worker.
    if (stop.requested && death.how === 'SIGKILL' && !death.silent) return runs;
    this.worker = await crew.hire();
    this.replaced++;
    if (together) return next;
    if (inFlight === undefined) {
      stats.harness.add(`${death.message}, outside any execution ${death.stderr}`.trim());
      return runs;
    }
    try {
      await deaths.run(death, inFlight);
    } catch (error) {
      if (!(error instanceof WorkerDeath || error instanceof WorkerFailure)) throw error;
      stats.harness.add(`a death could not be looked into: ${error.message}`);
    }
    if (killer !== undefined) await this.catchUp(death, { batch, seed, runs: killer }, burstStart);
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
      this.parts.stats.harness.add(`after ${death.message}: ${error.message}`);
      if (error instanceof WorkerDeath) {
        await this.parts.crew.dismiss(this.worker);
        this.worker = await this.parts.crew.hire();
        this.replaced++;
      }
    }
    // They are counted already.
    this.parts.stats.scenarios -= this.passed - before;
  }

  /** Leaves the batch that the tool cannot handle. */
  private afterFailure(failure: WorkerFailure, { runs }: Batch): number {
    this.parts.stats.harness.add(failure.message);
    if (++this.failures >= MAX_FAILURES) throw new CampaignError(failure.message);
    return runs;
  }

  private over(): boolean {
    const { stop, stopAt } = this.parts;
    return stop.requested || (stopAt !== undefined && Date.now() >= stopAt);
  }

  private async collectCounts(): Promise<void> {
    if (this.worker.dead) return;
    try {
      this.parts.stats.add(await this.worker.request({ kind: 'counts' }));
    } catch (error) {
      if (!(error instanceof WorkerDeath)) throw error;
    }
  }
}
