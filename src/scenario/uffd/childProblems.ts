import { CHILD } from './fork.js';
import type { UffdProblem } from './problem.js';
import type { UffdStep } from './steps.js';

/** Whether there is a child, and whether there has been one. */
interface Family {
  readonly alive: boolean;
  readonly forked: boolean;
}

/** The family after a step. */
function after(family: Family, step: UffdStep): Family {
  if (step.kind === 'fork') return { alive: true, forked: true };
  return step.kind === 'exit' ? { ...family, alive: false } : family;
}

function problemOf({ alive, forked }: Family, step: UffdStep): { path: string; problem: string } | undefined {
  switch (step.kind) {
    case 'fork':
      return alive ? { path: '', problem: 'there is a child already' } : undefined;
    case 'exit':
      return alive ? undefined : { path: '', problem: 'there is no child' };
    case 'access':
      return step.thread !== CHILD || alive ? undefined : { path: '.thread', problem: 'there is no child' };
    case 'ioctl':
      return step.descriptor !== 'child' || forked ? undefined : { path: '.descriptor', problem: 'there was no fork' };
    default:
      return undefined;
  }
}

/** What is wrong with the order in which a child comes, acts and goes. */
export function* childProblems(steps: readonly UffdStep[]): Generator<UffdProblem> {
  let family: Family = { alive: false, forked: false };
  for (const [i, step] of steps.entries()) {
    const found = problemOf(family, step);
    if (found !== undefined) yield { path: `$.steps[${i}]${found.path}`, problem: found.problem };
    family = after(family, step);
  }
}

/** Whether a child is alive after these steps, and whether there has been one. */
export function familyAfter(steps: readonly UffdStep[]): Family {
  return steps.reduce(after, { alive: false, forked: false });
}
