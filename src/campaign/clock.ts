import { performance } from 'node:perf_hooks';

/** Milliseconds since some time in the past. */
export type Clock = () => number;

/** Goes on evenly whatever is done to the time of day. */
export const monotonicMs: Clock = () => performance.now();
