import { reduce } from '../arbitraries/reduce.js';
import { monotonicMs } from './clock.js';
import type { Crew } from './crew.js';
import type { StopSignal } from './investigate.js';

const REDUCE_MS = 120_000;
const CANDIDATES = 64;

export interface Simplest {
  readonly scenario: unknown;
  /** The original was one of them. */
  readonly executions: number;
  /** Why there is nothing simpler. */
  readonly end: string;
}

/** Goes from simpler to simpler scenario as long as one does it still; each try costs a worker of its own. */
export async function simplest(
  crew: Crew,
  original: unknown,
  does: (scenario: unknown) => Promise<boolean>,
  maxTries: number,
  stop: StopSignal,
): Promise<Simplest> {
  const until = monotonicMs() + REDUCE_MS;
  const candidates = (scenario: unknown): Promise<readonly unknown[]> =>
    crew.consult((worker) => worker.request({ kind: 'simplify', scenario, limit: CANDIDATES }));
  const { scenario, tries, minimal } = await reduce(original, candidates, does, {
    maxTries,
    stop: {
      get requested() {
        return stop.requested || monotonicMs() > until;
      },
    },
  });
  return { scenario, executions: tries, end: minimal ? 'nothing more can go' : 'stopped there' };
}
