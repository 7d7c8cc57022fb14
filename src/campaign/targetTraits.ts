import { type Target, targetName } from '../driver/targets/target.js';
import { ConsoleWatch } from './kernel/console.js';
import { KernelWatch, NoWatch, type ReportWatch } from './kernel/watch.js';

/** Time that a scenario gets, in milliseconds: an emulated machine may take long for what it does not do often. */
export function deadlineFor(target: Target, localMs: number): number {
  return target.kind === 'qemu' ? 4 * localMs : localMs;
}

/** Silence of a worker that is still taken for work, beyond the deadline: an emulated machine is slow, a network stutters. */
export function graceFor(target: Target, localMs: number): number {
  return target.kind === 'local' ? localMs : 3 * localMs;
}

/** What tells of warnings in the kernel that executes the scenarios. */
export function watchFor(target: Target, consoleOf: (pid: number) => string | undefined): ReportWatch {
  switch (target.kind) {
    case 'local':
      return new KernelWatch();
    case 'qemu':
      return new ConsoleWatch(consoleOf);
    case 'ssh':
      return new NoWatch(`the kernel log of ${targetName(target)} is not watched`);
  }
}
