/** Scenarios of one batch. They share one fast-check seed and differ in their index, which is fast-check's run number. */
export const BATCH_SIZE = 256;
const INDEX_BITS = 16n;
/** Set in ids of executions that do not belong to a batch (confirming, shrinking). */
const OUTSIDE_BATCHES = 1n << 63n;

/**
 * fast-check's 32-bit seed of a batch: a Weyl sequence over the batch numbers (steps of the golden ratio), started at the
 * campaign's seed and scrambled by the finalizer of MurmurHash3. For one campaign it is a bijection, so that no two of
 * 2^32 batches share a seed; neighbouring campaign seeds have nothing in common.
 */
export function batchSeed(campaignSeed: number, batch: number): number {
  let x = (scramble(campaignSeed | 0) + Math.imul(batch | 0, 0x9e3779b9)) | 0;
  x = scramble(x);
  return x | 0;
}

function scramble(value: number): number {
  let x = value;
  x ^= x >>> 16;
  x = Math.imul(x, 0x85ebca6b);
  x ^= x >>> 13;
  x = Math.imul(x, 0xc2b2ae35);
  x ^= x >>> 16;
  return x;
}

/** Place of a scenario in its campaign. */
export interface Place {
  readonly batch: number;
  readonly index: number;
}

/** The id by which the black box names a scenario: `batch << 16 | index`. */
export function placeId(batch: number, index: number): bigint {
  return (BigInt(batch) << INDEX_BITS) | BigInt(index);
}

/** Id of the n-th execution outside the batches. */
export function outsideId(n: number): bigint {
  return OUTSIDE_BATCHES | BigInt(n);
}

/** Where the scenario with this id comes from; undefined for an execution outside the batches. */
export function placeOf(id: bigint): Place | undefined {
  if ((id & OUTSIDE_BATCHES) !== 0n) return undefined;
  return { batch: Number(id >> INDEX_BITS), index: Number(id & ((1n << INDEX_BITS) - 1n)) };
}
