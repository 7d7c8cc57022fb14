import type { Judged } from '../campaign/pipeline.js';
import type { Case } from '../corpus/case.js';
import type { Executes } from './executes.js';
import { lookFor, mannerFor, USUAL_TRIES } from './reproduce.js';

/**
 * Executes a finding until it does anything but match, and otherwise as often as its rate asks for: on used virtual machines, and
 * in machines of its own.
 *
 * @returns how often it matched when it never did anything else, undefined otherwise.
 */
export async function timesMatched(executes: Executes, { scenario, found }: Case): Promise<number | undefined> {
  const usual = found === undefined ? undefined : mannerFor(found.reproduction);
  const tries = (freshVm: boolean, least: number): number =>
    usual?.freshVm === freshVm ? Math.max(usual.tries, least) : least;
  const manners = [
    { freshVm: false, tries: tries(false, USUAL_TRIES.tries) },
    { freshVm: true, tries: tries(true, USUAL_TRIES.freshTries) },
  ];
  const isOther = ({ execution }: Judged): boolean => execution.verdict.kind !== 'match';
  let times = 0;
  for (const manner of manners) {
    const { found: other, executions } = await lookFor(executes, scenario, manner, isOther);
    if (other) return undefined;
    times += executions;
  }
  return times;
}
