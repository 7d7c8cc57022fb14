import type { InFlight } from '../driver/blackBox.js';
import type { Patience } from './backoff.js';
import { type Batch, batchesOf, numberOf, placeAt } from './batches.js';
import { monotonicMs } from './clock.js';
import { CampaignError } from './campaignError.js';
import type { Crew } from './crew.js';
import { WorkerDeath, WorkerFailure } from './death.js';
import type { Deaths, Explained } from './deaths.js';
import { BURST } from './fuzzing.js';
import type { Investigation } from './investigate.js';
import { type Ledger, NO_COUNTS } from './ledger.js';
import type { Fuzzed, WorkerCounts } from './messages.js';
import type { FindingRecord } from './run/types.js';
import { placeOf } from './seeds.js';
import type { Shards, Work } from './shards.js';
import { Slot } from './slot.js';
import type { StopRequest } from './stop.js';
import type { WorkerProcess } from './workerProcess.js';

/** Deaths outside any execution at one place, after which the scenario there is left out. */
const MAX_IDLE_DEATHS = 3;

export interface LaneParts {
  readonly crew: Crew;
  readonly shards: Shards;
  readonly ledger: Ledger;
  readonly investigation: Investigation;
  readonly deaths: Deaths;
  readonly patience: Patience;
  readonly stop: StopRequest;
  /** Findings that a killed campaign had not looked into; lanes take them away. */
  readonly unsettled: FindingRecord[];
  /** Told in one sentence that a worker is not replaced at once. */
  readonly notice: (sentence: string) => void;
  /** Told before the first of these scenarios is executed. */
  readonly begun: (lane: number, work: Work) => void;
  /** Time that a shard is to take. */
  readonly shardMs: () => number;
}

/** A death that one of several scenarios caused: these are executed one at a time until one of them does it again. */
interface Search {
  readonly death: WorkerDeath;
  readonly inFlight: InFlight;
  /** Index behind the last of them. */
  readonly until: number;
}

/** How long a lane works. */
export interface Slice {
  /** When all work ends, as {@link monotonicMs} counts. */
  readonly end: number;
  /** Time after which another leg may need the worker more; it counts from when there is one. */
  readonly sliceMs: number;
  /** No other leg does. */
  readonly mayStay: () => boolean;
}

/** A scenario in which a worker died, and which was not judged. */
interface Doubt {
  readonly batch: Batch;
  readonly index: number;
  readonly explained: Promise<Explained>;
}

/** Keeps one worker busy with the scenarios of a leg, and looks into what it finds and what ends it. */
export class Lane {
  readonly slot: Slot;
  /** Scenarios of the present request that the worker has told to be done. */
  private reported = 0;
  private careful = false;
  private search: Search | undefined;
  private idleDeaths = 0;
  /** When it asks whether to stay, as {@link monotonicMs} counts. */
  private until: number;
  /** Of the present shard. */
  private doubts: Doubt[] = [];

  /**
   * @param number of the lane within its leg.
   * @param first a worker that is there already; it tells its counts to {@link counted}.
   */
  constructor(
    private readonly number: number,
    private readonly parts: LaneParts,
    first: WorkerProcess | undefined,
    private readonly slice: Slice,
  ) {
    this.until = slice.end;
    const events = {
      counts: (counts: WorkerCounts): void => {
        this.counted(counts);
      },
      harness: (sentence: string): void => {
        parts.ledger.add(number, { ...NO_COUNTS, harness: { [sentence]: 1 } });
      },
      replaced: (): void => {
        parts.ledger.restarted();
      },
    };
    this.slot = new Slot(parts, number + 1, first, events, slice.end);
  }

  /** What the worker tells while it is busy. */
  counted(counts: WorkerCounts): void {
    this.reported += counts.scenarios;
    this.parts.ledger.add(this.number, counts);
  }

  /** @throws {CampaignError} nothing works. */
  async run(): Promise<void> {
    try {
      await this.slot.worker();
      this.until = Math.min(this.slice.end, monotonicMs() + this.slice.sliceMs);
      await this.lookAgain();
      while (!this.over()) {
        const work = this.parts.shards.take();
        if (work === undefined) break;
        await this.runShard(work);
      }
    } finally {
      await this.slot.close();
      await this.parts.deaths.idle();
    }
  }

  private async runShard(work: Work): Promise<void> {
    const { shards, ledger, begun, shardMs } = this.parts;
    const startedMs = monotonicMs();
    begun(this.number, work);
    this.careful = work.careful;
    this.doubts = [];
    let next = work.from;
    for (const batch of batchesOf(work)) {
      if (this.over()) break;
      next = numberOf({ batch: batch.batch, index: await this.runBatch(batch) });
    }
    await this.judgeDoubtful();
    ledger.close(this.number, { from: work.from, to: next });
    shards.leave(work, next);
    if (!work.careful) shards.pace(next - work.from, monotonicMs() - startedMs, shardMs());
  }

  /** Returns the index to go on with; the end of the batch unless the time is over. */
  private async runBatch(batch: Batch): Promise<number> {
    let from = batch.from;
    while (from < batch.to && !this.over()) {
      const before = from;
      try {
        from = await this.goOn(batch, from, this.search?.until ?? batch.to, (next) => (from = next));
      } catch (error) {
        if (error instanceof WorkerDeath) from = await this.afterDeath(error, batch, from + this.reported);
        else if (error instanceof WorkerFailure || (error instanceof CampaignError && !this.parts.patience.over)) {
          this.slot.failed(error.message);
          // What the tool cannot handle is left out; a worker that could not confirm something is no reason to.
          if (from === before && error instanceof WorkerFailure) from = batch.to;
        } else throw error;
      }
      if (from >= (this.search?.until ?? Infinity)) this.endSearch(batch, true);
    }
    this.endSearch(batch, false);
    return from;
  }

  /** @param reached told the next run as soon as it is known. */
  private async goOn(batch: Batch, from: number, to: number, reached: (next: number) => void): Promise<number> {
    const { seed, focus } = batch;
    this.reported = 0;
    const worker = await this.slot.worker();
    if (worker === undefined) return from;
    const burst = this.careful || this.search !== undefined ? 1 : BURST;
    const leftMs = this.until === Infinity ? undefined : this.until - monotonicMs();
    const fuzzed = await worker.request({
      ...{ kind: 'fuzz', seed, batch: batch.batch, focus },
      ...{ from, to, burst, leftMs },
    });
    this.parts.ledger.add(this.number, fuzzed.counts);
    this.reported = 0;
    reached(fuzzed.next);
    if (fuzzed.next > from) this.worked();
    await this.lookInto(worker, batch, fuzzed);
    return fuzzed.next;
  }

  private worked(): void {
    this.slot.worked();
    this.idleDeaths = 0;
  }

  private async lookInto(worker: WorkerProcess, batch: Batch, { found }: Fuzzed): Promise<void> {
    if (found === undefined) return;
    this.occurred(found.signature.text);
    this.slot.state = 'shrinking';
    const number = numberOf({ batch: batch.batch, index: found.index });
    await this.parts.investigation.run(worker, found, placeAt(batch.campaignSeed, number, batch.focus));
  }

  /**
   * Has what killed the worker found out, beside the campaign. Returns the index to go on with.
   *
   * @param judged index behind the last scenario that was judged and counted.
   */
  private async afterDeath(death: WorkerDeath, batch: Batch, judged: number): Promise<number> {
    const { stop, deaths } = this.parts;
    const { inFlight } = death;
    const place = inFlight === undefined ? undefined : placeOf(inFlight.id);
    const killer = place?.batch === batch.batch && place.index >= judged ? place.index : undefined;
    this.reported = 0;
    // Shrinking is cut short by killing the worker.
    if (stop.requested && death.how === 'SIGKILL' && !death.silent) return judged;
    if (inFlight === undefined) return this.afterIdleDeath(death, judged);
    if (killer !== undefined && killer > judged) this.worked();
    this.slot.lost(death.message);
    const suspects = inFlight.suspects.length;
    this.search = undefined;
    if (killer !== undefined && suspects > 1) {
      this.search = { death, inFlight, until: Math.min(batch.to, killer + suspects) };
      return judged;
    }
    const explained = this.explain(death, inFlight);
    await deaths.room();
    if (killer === undefined) return judged;
    // The scenarios that were executed in one burst with it were not judged.
    const reached = judged < killer ? await this.runBatch({ ...batch, from: judged, to: killer }) : judged;
    if (reached < killer) return reached;
    this.doubts.push({ batch, index: killer, explained });
    return killer + 1;
  }

  private async explain(death: WorkerDeath, inFlight: InFlight): Promise<Explained> {
    const explained = await this.parts.deaths.take(death, inFlight, (problem) => {
      this.parts.ledger.addOutside({ harness: { [problem]: 1 } });
    });
    if (explained.signature !== undefined) this.parts.ledger.addOutside({ repeats: { [explained.signature]: 1 } });
    return explained;
  }

  /** A scenario that did not do it again gets another try: something else ended the worker, and it has not been judged. */
  private async judgeDoubtful(): Promise<void> {
    for (const { batch, index, explained } of this.doubts) {
      const { confirmed } = await explained;
      if (confirmed || !(await this.tryOnce(batch, index)))
        this.parts.ledger.add(this.number, { ...NO_COUNTS, scenarios: 1 });
    }
    this.doubts = [];
  }

  /** False: it was not judged this time either. */
  private async tryOnce(batch: Batch, index: number): Promise<boolean> {
    if (this.over()) return false;
    try {
      return (await this.goOn(batch, index, index + 1, () => undefined)) > index;
    } catch (error) {
      if (error instanceof WorkerFailure) this.slot.failed(error.message);
      else if (!(error instanceof WorkerDeath)) throw error;
      else if (error.inFlight !== undefined) await this.explain(error, error.inFlight);
      return this.reported > 0;
    }
  }

  private afterIdleDeath(death: WorkerDeath, judged: number): number {
    this.slot.failed(`${death.message}, outside any execution ${death.stderr}`.trim());
    if (++this.idleDeaths < MAX_IDLE_DEATHS) return judged;
    this.idleDeaths = 0;
    return judged + 1;
  }

  /** Nothing that was in flight at a death killed the target alone, as far as it was tried. */
  private endSearch(batch: Batch, allTried: boolean): void {
    if (this.search === undefined) return;
    this.occurred(this.parts.deaths.unexplained(this.search.death, this.search.inFlight, batch, allTried));
    this.search = undefined;
  }

  /** Finds out about what a killed campaign had only noted. */
  private async lookAgain(): Promise<void> {
    const { unsettled, investigation, deaths } = this.parts;
    for (let next = unsettled.shift(); next !== undefined; next = unsettled.shift()) {
      const { finding, death } = next;
      try {
        if (death !== undefined || finding.scenario === null) await deaths.again(finding, death ?? UNKNOWN_DEATH);
        else {
          const worker = await this.slot.worker();
          if (worker === undefined) return;
          await investigation.again(worker, finding);
        }
      } catch (error) {
        // The finding is kept as it is.
        if (!(error instanceof WorkerDeath)) throw error;
      }
    }
  }

  private occurred(signature: string): void {
    this.parts.ledger.add(this.number, { ...NO_COUNTS, repeats: { [signature]: 1 } });
  }

  private over(): boolean {
    if (this.parts.stop.requested) return true;
    const now = monotonicMs();
    if (now < this.until) return false;
    if (now >= this.slice.end || !this.slice.mayStay()) return true;
    this.until = Math.min(this.slice.end, now + this.slice.sliceMs);
    return false;
  }
}

const UNKNOWN_DEATH = { silent: false, how: '' };
