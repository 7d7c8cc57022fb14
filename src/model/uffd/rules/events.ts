import { MAN, rule, UFFD } from './book.js';

export const remove = rule(
  'event.remove',
  'contract',
  'With UFFD_FEATURE_EVENT_REMOVE, letting pages of registered memory go sends an event with start and end for each mapping.',
  `${UFFD}, Non-cooperative userfaultfd; mm/userfaultfd.c, userfaultfd_remove`,
);
export const waits = rule(
  'event.waits',
  'contract',
  'A call that sent an event waits until it is read, and the pages are there until then.',
  'userfaultfd(2), Notes on events; mm/userfaultfd.c, userfaultfd_event_wait_completion',
);
export const again = rule(
  'event.again',
  'contract',
  'While an event waits to be read, COPY, ZEROPAGE, CONTINUE, POISON, MOVE and WRITEPROTECT are EAGAIN.',
  `${MAN}; mm/userfaultfd.c, mmap_changing`,
);
export const refused = rule(
  'event.refused-free',
  'implementation',
  'MADV_FREE of small pages of a file sends its event before it is refused.',
  'mm/madvise.c, madvise_dontneed_free: the kind of memory is looked at last',
);
export const split = rule(
  'event.split',
  'implementation',
  'What a call does to a mapping that was split while it waited is left open.',
  'mm/madvise.c, madvise_dontneed_free: Linux 6.1 passes over what is left, newer kernels send another event',
);
export const early = rule(
  'event.let-go-before',
  'implementation',
  'While MADV_DONTNEED waits for an event, what becomes of accesses to pages that it let go before is left open.',
  'mm/madvise.c, madvise_finish_tlb: since Linux 6.16 translations are flushed when all mappings are done, so that a write may still go to the page that is gone',
);
export const argument = rule(
  'event.argument',
  'implementation',
  'Whether a call whose argument cannot be written to is EAGAIN or EFAULT while an event waits is left open.',
  'mm/userfaultfd.c, userfaultfd_copy: newer kernels write the error into the result field',
);
