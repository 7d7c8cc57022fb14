import type { Range } from './ranges.js';

/**
 * Scenarios `from` (inclusive) to `to` (exclusive) of a seed. Together with the family and the target's profile it says exactly
 * which scenarios these are, whoever generates them, and whenever.
 */
export interface Shard extends Range {
  /** The campaign's seed, 32 bits. */
  readonly seed: number;
  /** What the generator was asked to prefer, as plain JSON; absent: nothing. */
  readonly focus?: unknown;
}
