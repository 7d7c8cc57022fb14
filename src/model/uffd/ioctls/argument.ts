/** Calls whose argument cannot be read, or not be written to. */
import type { IoctlName } from '../../../scenario/uffd/ioctls.js';
import type { UffdIoctl } from '../../../scenario/uffd.js';
import { EFAULT } from '../errno.js';
import type { UffdExpected } from '../expectation.js';
import { R, UNTOUCHED, type Run } from '../state.js';

/** Calls that have no result field. */
const SILENT: ReadonlySet<IoctlName> = new Set(['unregister', 'wake', 'writeprotect']);

/** What the result field holds of a call that comes to nothing. */
export function untouched({ ioctl }: UffdIoctl): number {
  return SILENT.has(ioctl) ? 0 : UNTOUCHED;
}

/** Whether the kernel wrote the result of a call. */
function isWritten(event: UffdExpected | undefined, { ioctl }: UffdIoctl): boolean {
  return event?.kind === 'result' && event.value !== BigInt(UNTOUCHED) && !SILENT.has(ioctl);
}

/** The call of a step whose argument lies where the step says. */
export function withArgument(run: Run, step: UffdIoctl, call: (step: UffdIoctl) => void): void {
  if (step.argument === 'unmapped' && run.docket.holds(R.argument.unmapped)) {
    run.result(R.argument.unmapped, EFAULT, untouched(step));
    return;
  }
  if (step.argument !== 'readonly' || SILENT.has(step.ioctl)) {
    call(step);
    return;
  }
  const first = run.events.length;
  const wakesNobody = step.ioctl === 'register' || step.mode.includes('dontwake');
  call(wakesNobody ? step : { ...step, mode: [...step.mode, 'dontwake'] });
  if (!isWritten(run.events[first], step) || !run.docket.holds(R.argument.readonly)) return;
  const rest = run.events.splice(first).slice(1);
  run.result(R.argument.readonly, EFAULT, UNTOUCHED);
  run.events.push(...rest);
}
