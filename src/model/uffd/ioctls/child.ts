import type { UffdIoctl } from '../../../scenario/uffd.js';
import { EBADF, EINVAL, ENOMEM, ESRCH } from '../errno.js';
import { R, UNTOUCHED, type Child, type Run } from '../state.js';
import { untouched } from './argument.js';
import { mode, refused } from './range.js';

/** Whether a call is refused before the kernel looks for the process. */
function isRefused(run: Run, step: UffdIoctl): boolean {
  if (step.ioctl === 'register' && mode(step) === 0 && run.docket.holds(R.range.registerNoMode)) {
    run.result(R.range.registerNoMode, EINVAL, UNTOUCHED);
    return true;
  }
  if (refused(run, step, untouched(step))) return true;
  const isBoth = step.ioctl === 'writeprotect' && step.mode.includes('wp') && step.mode.includes('dontwake');
  if (isBoth && run.docket.holds(R.wp.wpDontWake)) {
    run.result(R.wp.wpDontWake, EINVAL, 0);
    return true;
  }
  return false;
}

/** A call about memory that is no more; its memory stays as it was for who takes the rule not to hold. */
function onDead(run: Run, step: UffdIoctl): void {
  if (isRefused(run, step)) return;
  const isRegistration = step.ioctl === 'register' || step.ioctl === 'unregister';
  const rule = isRegistration ? R.child.goneRegister : R.child.gone;
  const errno = isRegistration ? ENOMEM : ESRCH;
  run.result(rule, run.docket.holds(rule) ? errno : 0, untouched(step));
}

/** Whether a call is over because no descriptor came with the fork. */
export function hasNoDescriptor({ run, hasDescriptor }: Child, step: UffdIoctl): boolean {
  if (hasDescriptor || !run.docket.holds(R.child.noDescriptor)) return false;
  run.result(R.child.noDescriptor, EBADF, untouched(step));
  return true;
}

/**
 * A call on the descriptor that came with the fork.
 *
 * @returns whether it is over, because it is refused whatever the child's memory holds.
 */
export function refusedByChild(run: Run, { alive }: Child, step: UffdIoctl): boolean {
  if (step.ioctl === 'move' && run.docket.holds(R.child.moveAcross)) {
    run.result(R.child.moveAcross, EINVAL, UNTOUCHED);
    return true;
  }
  if (alive || step.ioctl === 'wake') return false;
  onDead(run, step);
  return true;
}
