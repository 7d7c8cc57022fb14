import { rule } from './book.js';

export const asks = rule(
  'kernel.asks',
  'contract',
  'A system call that touches the memory for a thread sends the message that an access would, and waits.',
  'userfaultfd(2)',
);
export const userModeOnly = rule(
  'kernel.user-mode-only',
  'contract',
  'A userfaultfd made with UFFD_USER_MODE_ONLY sends no message where the kernel touches the memory: the call fails.',
  'userfaultfd(2), UFFD_USER_MODE_ONLY; fs/userfaultfd.c, handle_userfault',
);
export const fails = rule(
  'kernel.efault',
  'contract',
  'Where an access would get a SIGBUS, a system call that touches the memory for a thread fails with EFAULT.',
  'read(2) and write(2), EFAULT',
);
