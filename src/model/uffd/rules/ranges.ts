import { MAN, rule, UFFD } from './book.js';

export const aligned = rule(
  'range.invalid',
  'contract',
  'A range that is empty, not page-aligned, beyond user space or beyond 64 bits is refused with EINVAL, and the result field stays as it was.',
  MAN,
);
export const mode = rule(
  'range.mode',
  'contract',
  'A mode bit that the call does not define is refused with EINVAL, and the result field stays as it was.',
  MAN,
);
export const holes = rule(
  'range.holes',
  'implementation',
  'Registering, unregistering, protecting and waking a range pass over addresses where nothing is mapped.',
  'fs/userfaultfd.c, userfaultfd_register and userfaultfd_unregister; mm/userfaultfd.c, mwriteprotect_range',
);
export const nothing = rule(
  'range.nothing-mapped',
  'implementation',
  'Registering or unregistering a range in which nothing is mapped is EINVAL.',
  'fs/userfaultfd.c, userfaultfd_register and userfaultfd_unregister',
);

export const registerNoMode = rule('register.no-mode', 'contract', 'Registering for no mode is EINVAL.', MAN);
export const registerMinor = rule(
  'register.minor-anon',
  'contract',
  'Registering anonymous memory for MINOR is EINVAL.',
  UFFD,
);
export const registerWorks = rule(
  'register.works',
  'contract',
  'Registering memory that allows the modes succeeds.',
  MAN,
);
export const registerIoctls = rule(
  'register.ioctls',
  'contract',
  'UFFDIO_REGISTER returns the ioctls that the range allows: WRITEPROTECT only for WP, CONTINUE only for MINOR, neither ZEROPAGE nor MOVE on hugetlb.',
  `${MAN}; ${UFFD}`,
);
export const registerReplaces = rule(
  'register.replaces',
  'implementation',
  'Registering again replaces the modes, unless the range has them all.',
  'mm/userfaultfd.c, userfaultfd_register_range',
);
export const registerKeepsWp = rule(
  'register.keeps-wp',
  'implementation',
  'Kernels that let no registration drop the WP mode refuse one without it with EBUSY.',
  'mm/userfaultfd.c, userfaultfd_register; it is probed',
);
export const droppedWp = rule(
  'register.drops-wp',
  'implementation',
  'What becomes of write-protected pages when a registration drops the WP mode is left open.',
  'mm/userfaultfd.c of Linux 7.3, userfaultfd_register: markers would lack the flag that describes them',
);
export const unregisterWorks = rule(
  'unregister.works',
  'contract',
  'UFFDIO_UNREGISTER succeeds, and afterwards no access to the range sends a message.',
  MAN,
);
export const unregisterUnprotects = rule(
  'unregister.unprotects',
  'contract',
  'UFFDIO_UNREGISTER takes write protection away.',
  `${UFFD}; fs/userfaultfd.c, userfaultfd_clear_vma`,
);
export const unregisterWakes = rule(
  'unregister.wakes',
  'contract',
  'UFFDIO_UNREGISTER wakes the threads that wait in a range that was registered for MISSING.',
  'mm/userfaultfd.c, userfaultfd_unregister: so that they do not hang and nobody has to call UFFDIO_WAKE',
);
export const unregisterWakesWp = rule(
  'unregister.wakes-others',
  'implementation',
  'In a range that was not registered for MISSING, UFFDIO_UNREGISTER wakes nobody on kernels that were not mended.',
  'mm/userfaultfd.c, userfaultfd_unregister; it is probed',
);
export const wakeWorks = rule(
  'wake.works',
  'contract',
  'UFFDIO_WAKE wakes who waits in the range, whether it is registered or not, and succeeds.',
  MAN,
);
