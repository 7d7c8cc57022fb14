import type { IoctlName } from '../../../scenario/uffd/ioctls.js';
import type { UffdIoctl } from '../../../scenario/uffd.js';
import { EAGAIN, EINVAL } from '../errno.js';
import { R, UNTOUCHED, type Run } from '../state.js';
import { withArgument } from './argument.js';
import { hasNoDescriptor, refusedByChild } from './child.js';
import { fillRange } from './fill.js';
import { copy, poison, proceed, zeropage } from './fillings.js';
import { move } from './move.js';
import { writeProtect } from './protect.js';
import { register, unregister, wakeRange } from './register.js';

type Handler = (run: Run, step: UffdIoctl) => void;

const HANDLERS: Readonly<Record<IoctlName, Handler>> = {
  register,
  unregister,
  wake: wakeRange,
  copy: (run, step) => {
    fillRange(run, step, copy);
  },
  zeropage: (run, step) => {
    fillRange(run, step, zeropage);
  },
  continue: (run, step) => {
    fillRange(run, step, proceed);
  },
  poison: (run, step) => {
    fillRange(run, step, poison);
  },
  move,
  writeprotect: writeProtect,
};

/** Calls that are not made while the memory changes. */
const WAITS_FOR_EVENTS: ReadonlySet<IoctlName> = new Set([
  'copy',
  'zeropage',
  'continue',
  'poison',
  'move',
  'writeprotect',
]);

/** Whether the kernel has the call at all. */
function isKnown({ profile }: Run, ioctl: IoctlName): boolean {
  return ioctl === 'poison' ? profile.features.poison : ioctl === 'move' ? profile.features.move : true;
}

/** A call on the scenario's descriptor, or on the child's. */
export function stepIoctl(run: Run, step: UffdIoctl): void {
  if (step.descriptor !== 'child') {
    call(run, step, (one) => {
      HANDLERS[one.ioctl](run, one);
    });
    return;
  }
  const { child } = run;
  if (child === undefined) throw new Error('there was no fork');
  if (hasNoDescriptor(child, step)) return;
  call(child.run, step, (one) => {
    if (!refusedByChild(child.run, child, one)) HANDLERS[one.ioctl](child.run, one);
  });
}

function call(run: Run, step: UffdIoctl, handler: (step: UffdIoctl) => void): void {
  if (!isKnown(run, step.ioctl) && run.docket.holds(R.fill.unknownIoctl)) {
    run.result(R.fill.unknownIoctl, EINVAL, UNTOUCHED);
    return;
  }
  if (run.held !== undefined && WAITS_FOR_EVENTS.has(step.ioctl) && run.docket.holds(R.event.again)) {
    // Newer kernels write the error into the argument first.
    if (step.argument !== undefined && run.docket.holds(R.event.argument)) run.lose(R.event.argument);
    run.refuse(R.event.again, EAGAIN);
    return;
  }
  withArgument(run, step, handler);
}
