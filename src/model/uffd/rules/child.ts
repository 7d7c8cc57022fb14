import { MAN, rule } from './book.js';

export const moveAcross = rule(
  'move.other-process',
  'implementation',
  'UFFDIO_MOVE on the descriptor of another process is EINVAL.',
  'fs/userfaultfd.c, userfaultfd_move: no moves between processes',
);
export const noDescriptor = rule(
  'child.no-descriptor',
  'contract',
  'Where the fork sent no message there is no descriptor of the child to call anything on: EBADF.',
  'ioctl(2)',
);
export const gone = rule(
  'child.gone',
  'contract',
  'Once the child has ended, calls on its descriptor that touch its memory are ESRCH.',
  `${MAN}: the process that the userfaultfd refers to has exited`,
);
export const goneRegister = rule(
  'child.gone-register',
  'implementation',
  'Once the child has ended, REGISTER and UNREGISTER on its descriptor are ENOMEM.',
  'fs/userfaultfd.c, userfaultfd_register and userfaultfd_unregister',
);
export const ends = rule(
  'child.ends',
  'contract',
  'The child ends when it is told to, and when it is killed while it waits for an answer.',
  'wait(2); signal(7)',
);
