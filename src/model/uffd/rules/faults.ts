import { MAN, rule, UFFD } from './book.js';

export const missing = rule(
  'fault.missing',
  'contract',
  'An access to a page without content in a range registered for MISSING sends one message and waits.',
  UFFD,
);
export const missingWrite = rule(
  'fault.write-flag',
  'contract',
  'The message of a write carries the WRITE flag, and that of a read does not.',
  `${UFFD}; ${MAN}`,
);
export const minor = rule(
  'fault.minor',
  'contract',
  'An access to a page that is in the page cache and not mapped, in a range registered for MINOR, sends a message with the MINOR flag and waits.',
  UFFD,
);
export const wp = rule(
  'fault.wp',
  'contract',
  'A write to a write-protected page in a range registered for WP sends a message with the WP and WRITE flags and waits.',
  UFFD,
);
export const exact = rule(
  'fault.exact-address',
  'contract',
  'A message has the address of the page, and with UFFD_FEATURE_EXACT_ADDRESS that of the access.',
  'userfaultfd(2), UFFD_FEATURE_EXACT_ADDRESS',
);
export const sigbus = rule(
  'fault.sigbus',
  'contract',
  'With UFFD_FEATURE_SIGBUS an access that would wait gets a SIGBUS instead, and no message is sent.',
  UFFD,
);
export const poisoned = rule(
  'fault.poisoned',
  'contract',
  'An access to a poisoned page gets a SIGBUS and sends no message.',
  UFFD,
);
export const memoryError = rule(
  'fault.memory-error',
  'implementation',
  'The SIGBUS of a poisoned page has the code BUS_MCEERR_AR, and BUS_ADRERR on kernels without CONFIG_MEMORY_FAILURE.',
  'arch/x86/mm/fault.c, do_sigbus; it is probed',
);
export const async = rule(
  'fault.wp-async',
  'contract',
  'With UFFD_FEATURE_WP_ASYNC a write to a write-protected page goes on at once, sends no message and takes the protection away.',
  UFFD,
);
export const plain = rule(
  'fault.none',
  'contract',
  'An access that meets no registered fault goes on and sends no message.',
  UFFD,
);
export const zeroes = rule(
  'fault.zeroes',
  'contract',
  'A page without content reads as zeroes where nobody is asked.',
  'mmap(2), MAP_ANONYMOUS',
);
export const value = rule('fault.value', 'contract', 'A read gives what was written to the page last.', 'mmap(2)');
export const around = rule(
  'fault.around',
  'implementation',
  'A read fault on shared memory maps the pages around it that are in the page cache, unless the range is registered for WP or MINOR.',
  'mm/memory.c, do_fault_around',
);
export const race = rule(
  'fault.race',
  'implementation',
  'Where threads go on at once with a page of shared memory, it may matter who is first: a read maps the pages around and a write does not, on a private mapping a read may be sent back with a message for a page that another thread writes, and who comes second to an empty page that is registered for minor faults alone may find it in the page cache and not yet mapped.',
  'mm/memory.c: do_fault_around is for reads, and wp_page_copy clears the entry before it sets the new one; mm/shmem.c: shmem_get_folio_gfp asks without looking again, and asks for what it finds in the cache',
);
export const waiting = rule(
  'fault.waits',
  'contract',
  'A thread waits until it is woken, and then tries its access again.',
  `${MAN}, UFFDIO_WAKE`,
);
export const released = rule(
  'fault.released',
  'contract',
  'Closing the userfaultfd frees whoever waits, and the access goes on as if nothing had been registered.',
  'userfaultfd(2)',
);
