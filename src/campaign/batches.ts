import { BATCH_SIZE, batchSeed } from './seeds.js';

export interface Batch {
  readonly batch: number;
  readonly seed: number;
  /** Runs 0 to this one (exclusive). */
  readonly runs: number;
}

/** Hands out the batches of a campaign, in order, until its runs are spent. */
export class Batches {
  private next = 0;
  private left: number;

  constructor(
    private readonly campaignSeed: number,
    runs: number | undefined,
  ) {
    this.left = runs ?? Infinity;
  }

  take(): Batch | undefined {
    if (this.left <= 0) return undefined;
    const runs = Math.min(BATCH_SIZE, this.left);
    this.left -= runs;
    const batch = this.next++;
    return { batch, seed: batchSeed(this.campaignSeed, batch), runs };
  }
}
