import type { Origin } from './messages.js';
import type { Range } from './run/ranges.js';
import type { Shard } from './run/shard.js';
import { BATCH_SIZE, batchSeed } from './seeds.js';

/** The part of a shard that shares one of fast-check's seeds. */
export interface Batch extends Range {
  readonly batch: number;
  /** fast-check's. */
  readonly seed: number;
  readonly campaignSeed: number;
  /** See {@link Shard}. */
  readonly focus: unknown;
}

/** Where a scenario comes from, twice: what generates it, and what names it to users. */
export interface Place {
  readonly origin: Origin;
  readonly shard: Shard;
}

/** The batches of a shard, in order. */
export function* batchesOf({ seed, from, to, focus }: Shard): Iterable<Batch> {
  for (let next = from; next < to;) {
    const batch = Math.floor(next / BATCH_SIZE);
    const first = batch * BATCH_SIZE;
    const end = Math.min(to, first + BATCH_SIZE);
    yield { batch, seed: batchSeed(seed, batch), campaignSeed: seed, from: next - first, to: end - first, focus };
    next = end;
  }
}

/** Number of a scenario within its campaign. */
export function numberOf({ batch, index }: { readonly batch: number; readonly index: number }): number {
  return batch * BATCH_SIZE + index;
}

/** The place of one scenario of a campaign. */
export function placeAt(campaignSeed: number, number: number, focus: unknown): Place {
  const batch = Math.floor(number / BATCH_SIZE);
  const preferred = focus === undefined ? {} : { focus };
  return {
    origin: { seed: batchSeed(campaignSeed, batch), batch, index: number - batch * BATCH_SIZE, ...preferred },
    shard: { seed: campaignSeed, from: number, to: number + 1, ...preferred },
  };
}
