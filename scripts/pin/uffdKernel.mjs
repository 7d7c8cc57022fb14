// The cases of corpus/uffd/kernel-access: system calls that touch memory which a userfaultfd watches.
import { ALL, call, caseOf, range, read, register, whole, write } from './uffd.mjs';

const byKernel = (step) => ({ ...step, by: 'kernel' });

const TESTS = [
  {
    slug: 'waits',
    words: 'A system call waits for the pages that it touches',
    note: 'Reads and writes by the kernel for a thread: a missing page, then a protected one.',
    open: 'syscall',
    rules: ['kernel.asks', 'fault.missing', 'fault.wp'],
    steps: () => [
      register('missing', 'wp'),
      byKernel(read(0)),
      call('copy', range(0), ['wp']),
      byKernel(write(0)),
      call('writeprotect', range(0)),
    ],
  },
  {
    slug: 'poisoned',
    words: 'A system call that touches a poisoned page fails',
    note: 'A read by the kernel for a thread fails with EFAULT, and no signal comes.',
    open: 'syscall',
    rules: ['kernel.efault', 'poison.works'],
    steps: () => [register('missing'), call('poison', range(1)), byKernel(read(1, 1))],
  },
  {
    slug: 'user-mode-only',
    words: 'With UFFD_USER_MODE_ONLY a system call fails, and an access waits',
    note: 'What the kernel may not wait for is EFAULT; a page that is there it can read.',
    open: 'user_mode_only',
    rules: ['kernel.user-mode-only', 'fault.missing'],
    steps: () => [
      register('missing'),
      byKernel(read(0)),
      byKernel(write(1)),
      read(0),
      call('copy', whole),
      byKernel(read(1, 1)),
    ],
  },
];

function cases() {
  return new Map(TESTS.flatMap((test) => ALL.map((memory) => caseOf(test, memory, test.open))));
}

function readme() {
  return [
    '# System calls and watched memory',
    '',
    'What a system call meets that reads or writes memory which a userfaultfd watches, as cases. Written by `node scripts/pin.mjs` from',
    '`scripts/pin/uffdKernel.mjs`.',
    '',
    '| case | what it asserts | on |',
    '| ---- | --------------- | -- |',
    ...TESTS.map(({ slug, words }) => `| \`${slug}\` | ${words} | ${ALL.join(', ')} |`),
    '',
  ].join('\n');
}

export const UFFD_KERNEL_CASES = { family: 'uffd', directory: 'kernel-access', readme, cases };
