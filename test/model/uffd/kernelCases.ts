import type { UffdStep } from '../../../src/scenario/uffd.js';
import { call, read, type RuleCase } from './cases.js';

const missing = call('register', ['missing']);
const kernelReads = { ...read(), by: 'kernel' } as UffdStep;

export const KERNEL_CASES: readonly RuleCase[] = [
  {
    rule: 'kernel.asks',
    steps: [missing, kernelReads],
    at: 1,
    shows: 'thread 0 waits: userfault at 0x0, read',
    instead: 'call of thread 0 fails with EFAULT',
    blames: 'fault.missing',
  },
  {
    rule: 'kernel.user-mode-only',
    config: { open: 'user_mode_only' },
    steps: [missing, kernelReads],
    at: 1,
    shows: 'call of thread 0 fails with EFAULT',
    instead: 'thread 0 waits: userfault at 0x0, read',
  },
  {
    rule: 'kernel.efault',
    steps: [missing, call('poison'), kernelReads],
    at: 2,
    shows: 'call of thread 0 fails with EFAULT',
    instead: 'SIGBUS for thread 0, code 4',
  },
];
