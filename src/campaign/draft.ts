import type { Mismatch, Verdict } from '../oracle/verdict.js';
import { AS_GENERATED, NO_REPRODUCTION } from './investigate.js';
import type { Shard } from './run/shard.js';
import type { Finding } from './types.js';

/** A scenario that could not be recovered. */
export const UNKNOWN_SCENARIO = null;

/** A scenario and where it comes from. */
export interface Origin {
  readonly scenario: unknown;
  readonly seed: number;
  readonly path: string;
  readonly shard: Shard | undefined;
}

/** Of a scenario that belongs to no batch. */
export const NOWHERE = { seed: 0, path: '', shard: undefined };

/** A verdict on the machine rather than on what it answered. */
export type Fatal = Extract<Verdict, { kind: 'hang' | 'crash' }>;

/** A finding about which nothing more is known yet than how the scenario ended. */
export function draftOf(
  leg: { readonly family: string; readonly target: string },
  verdict: Fatal,
  { scenario, seed, path, shard }: Origin,
  signature: string,
  mismatch: Mismatch,
): Finding {
  return {
    signature,
    ...leg,
    known: undefined,
    verdict,
    mismatches: [mismatch],
    scenario,
    original: scenario,
    timeline: [],
    reproduction: NO_REPRODUCTION,
    seed,
    path,
    shard,
    minimized: AS_GENERATED,
    file: undefined,
    saveError: undefined,
  };
}
