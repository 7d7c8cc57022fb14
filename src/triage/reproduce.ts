import type { Judged } from '../campaign/pipeline.js';
import type { Reproduction } from '../campaign/types.js';
import type { Executes } from './executes.js';

/** Executions on virtual machines that are used again, and in processes and machines of their own. */
export interface Tries {
  readonly tries: number;
  readonly freshTries: number;
}

export const USUAL_TRIES: Tries = { tries: 10, freshTries: 5 };
/** Of a fault that takes a whole deadline, or a process, each time. */
const SLOW_TRIES: Tries = { tries: 2, freshTries: 1 };

export interface Reproduced {
  readonly reproduction: Reproduction;
  /** An execution that showed the fault, and one that showed another or none. */
  readonly shown: Judged | undefined;
  readonly other: Judged | undefined;
}

/** Finds out how often a fault comes back. */
export async function reproduce(
  executes: Executes,
  scenario: unknown,
  isSame: (judged: Judged) => boolean,
  wanted: Tries = USUAL_TRIES,
): Promise<Reproduced> {
  const [first] = await executes.execute(scenario, 1, false);
  const slow = first !== undefined && ['crash', 'hang'].includes(first.execution.verdict.kind);
  const { tries, freshTries } = slow ? SLOW_TRIES : wanted;
  const used = [...(first === undefined ? [] : [first]), ...(await executes.execute(scenario, tries - 1, false))];
  const alone = await Promise.all(Array.from({ length: freshTries }, () => executes.executeAlone(scenario)));
  const hits = (all: readonly Judged[]): number => all.filter(isSame).length;
  return {
    reproduction: { tries, hits: hits(used), freshTries, freshHits: hits(alone) },
    shown: [...alone, ...used].find(isSame),
    other: [...alone, ...used].find((judged) => !isSame(judged)),
  };
}

/** How a fault is looked for in a candidate. */
export interface Manner {
  /** Each execution in a virtual machine of its own: the fault hides on used ones. */
  readonly freshVm: boolean;
  /** Executions after which the fault is taken not to be there. */
  readonly tries: number;
}

/** The fault is missed with at most this probability, as long as it needs no more tries than {@link MAX_TRIES}. */
const MISS = 0.01;
const MAX_TRIES = 64;

/** How to look for a fault that came back this often. */
export function mannerFor({ tries, hits, freshTries, freshHits }: Reproduction): Manner {
  const freshVm = hits === 0 && freshHits > 0;
  const rate = freshVm ? freshHits / freshTries : tries === 0 ? 0 : hits / tries;
  if (rate >= 1) return { freshVm, tries: 1 };
  if (rate <= 0) return { freshVm, tries: MAX_TRIES };
  return { freshVm, tries: Math.min(MAX_TRIES, Math.ceil(Math.log(MISS) / Math.log(1 - rate))) };
}

/** The first execution that is wanted, of as many as the manner allows; otherwise the last one. */
export async function lookFor(
  executes: Executes,
  scenario: unknown,
  { freshVm, tries }: Manner,
  wanted: (judged: Judged) => boolean,
  stop?: { readonly requested: boolean },
): Promise<{ readonly found: boolean; readonly judged: Judged | undefined; readonly executions: number }> {
  let judged: Judged | undefined;
  for (let executions = 1; executions <= tries && stop?.requested !== true; executions++) {
    [judged] = await executes.execute(scenario, 1, freshVm);
    if (judged !== undefined && wanted(judged)) return { found: true, judged, executions };
    // What cannot run here cannot run here the next time either.
    if (judged?.execution.verdict.kind === 'skip') return { found: false, judged, executions };
  }
  return { found: false, judged, executions: tries };
}
