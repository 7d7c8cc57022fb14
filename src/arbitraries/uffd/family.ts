/** A forked child: where it comes from, what it does instead of the process, and where it goes. */
import type { UffdStep } from '../../scenario/uffd.js';
import { familyAfter } from '../../scenario/uffd/childProblems.js';
import { CHILD } from '../../scenario/uffd/fork.js';
import { UFFD_WRITERS } from '../../scenario/uffd/layout.js';
import { ioctl, type UffdDraft } from './draft.js';

/** Forks, or ends the child that there is. */
export function forkOrExit({ steps }: UffdDraft): void {
  steps.push({ kind: familyAfter(steps).alive ? 'exit' : 'fork' });
}

/** Moves a page that parent and child have in common to where nothing is, if there are such places. */
export function moveInCommon({ config, steps }: UffdDraft): void {
  const source = config.content.indexOf('mapped');
  const page = config.content.indexOf('hole');
  if (config.memory !== 'anon' || source < 0 || page < 0) return;
  steps.push(ioctl('move', { page, pages: 1, flaw: 'none' }, [], source));
}

function byChild(step: UffdStep, isAlive: boolean): UffdStep {
  if (step.kind === 'ioctl') return { ...step, descriptor: 'child' };
  if (step.kind !== 'access' || !isAlive) return step;
  return { ...step, thread: CHILD, word: step.word - (step.word % UFFD_WRITERS) + CHILD };
}

/** Lets the child do what was appended since there were `from` steps, where there is one, or has been. */
export function divert({ steps }: UffdDraft, from: number): void {
  const { alive, forked } = familyAfter(steps.slice(0, from));
  if (!forked) return;
  for (let i = from; i < steps.length; i++) {
    const step = steps[i];
    if (step !== undefined) steps[i] = byChild(step, alive);
  }
}
