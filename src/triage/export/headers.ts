import { codeOf } from './fragment.js';

/** The headers that a file needs, by what it uses of them. */
const HEADERS: readonly (readonly [header: string, uses: RegExp])[] = [
  ['errno.h', /\berrno\b/],
  ['fcntl.h', /\bopen\(|\bfallocate\(|O_CLOEXEC/],
  ['linux/kvm.h', /\bKVM_/],
  ['linux/userfaultfd.h', /\bUFFD/],
  ['poll.h', /\bpoll\(/],
  ['pthread.h', /\bpthread_/],
  ['setjmp.h', /\bsigjmp_buf\b/],
  ['signal.h', /\bsigaction\b|SIGKILL/],
  ['stdarg.h', /\bva_start\(/],
  ['stdbool.h', /\bbool\b/],
  ['stddef.h', /\bKVM_REG_ARM_CORE_REG\(/],
  ['stdint.h', /\buint64_t\b/],
  ['stdio.h', /\bprintf\(/],
  ['stdlib.h', /\bexit\(/],
  ['string.h', /\bmemset\(|\bmemcpy\(|\bstrerror\(|\bstrstr\(|\bstrsignal\(/],
  ['sys/ioctl.h', /\bioctl\(/],
  ['sys/mman.h', /\bmmap\(|\bmadvise\(/],
  ['sys/prctl.h', /\bprctl\(/],
  ['sys/syscall.h', /\bSYS_/],
  ['sys/wait.h', /\bwait\(/],
  ['time.h', /\bclock_gettime\(/],
  ['unistd.h', /\bclose\(|\bread\(|\b_exit\(|\balarm\(|\bsyscall\(|\bsysconf\(/],
];

/** The lines that include what a text uses. */
export function includes(text: string): string {
  const code = codeOf(text);
  const used = HEADERS.filter(([, uses]) => uses.test(code)).map(([header]) => `#include <${header}>`);
  return ['#define _GNU_SOURCE', ...used].join('\n');
}
