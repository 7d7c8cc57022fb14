import type { PossiblePairs } from './coverage/pairs.js';
import type { WorkerCounts } from './messages.js';
import { type Range, union } from './run/ranges.js';
import { Stats } from './stats.js';

/** Nothing counted. */
export const NO_COUNTS: WorkerCounts = {
  scenarios: 0,
  configurations: {},
  decided: {},
  skips: {},
  repeats: {},
  harness: {},
  pairs: undefined,
};

/**
 * The counts of a leg. What a worker counts for a shard belongs to it until the shard is closed: a campaign that is killed executes
 * the whole shard again, and nothing is counted twice.
 */
export class Ledger {
  /** What was counted up to now. */
  readonly live: Stats;
  /** What was counted of `done`. */
  readonly settled: Stats;
  private ranges: readonly Range[] = [];
  private readonly open = new Map<number, WorkerCounts[]>();

  /** @param pairs of configuration values that the machine can show. */
  constructor(pairs: PossiblePairs | undefined) {
    this.live = new Stats(pairs);
    this.settled = new Stats(pairs);
  }

  get done(): readonly Range[] {
    return this.ranges;
  }

  /** A lane counted this for the shard that it is at. */
  add(lane: number, counts: WorkerCounts): void {
    this.live.add(counts);
    const open = this.open.get(lane);
    if (open === undefined) this.open.set(lane, [counts]);
    else open.push(counts);
  }

  /** Counts what belongs to no shard. */
  addOutside(counts: Partial<WorkerCounts>): void {
    this.live.add({ ...NO_COUNTS, ...counts });
    this.settled.add({ ...NO_COUNTS, ...counts });
  }

  /** A worker took the place of a dead one. */
  restarted(): void {
    this.live.workerRestarts++;
    this.settled.workerRestarts++;
  }

  /** A lane has done these scenarios. */
  close(lane: number, range: Range): void {
    for (const counts of this.open.get(lane) ?? []) this.settled.add(counts);
    this.open.delete(lane);
    this.ranges = union(this.ranges, [range]);
  }

  /** Takes up the counts of a campaign that was killed. */
  restore(done: readonly Range[], counts: Parameters<Stats['restore']>[0]): void {
    this.ranges = done;
    this.live.restore(counts);
    this.settled.restore(counts);
  }
}
