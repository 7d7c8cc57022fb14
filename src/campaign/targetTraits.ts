import { type Target, targetName } from '../driver/targets/target.js';
import { ConsoleWatch } from './consoleWatch.js';
import { INVESTIGATION_LIMITS, type InvestigationLimits } from './investigate.js';
import { KernelWatch, NoWatch, type ReportWatch } from './kernelWatch.js';

/** Where a new process means booting a new machine. */
const BOOTING_LIMITS: InvestigationLimits = { ...INVESTIGATION_LIMITS, freshTries: 2, disposableExecutions: 12 };

/** How much is tried to find out more about a fault. */
export function limitsFor(target: Target): InvestigationLimits {
  return target.kind === 'qemu' ? BOOTING_LIMITS : INVESTIGATION_LIMITS;
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
