import { rule } from './book.js';

const UFFD = 'userfaultfd.rst';
const MAN = 'ioctl_userfaultfd(2)';

export const missingMessage = rule(
  'uffd.missing',
  'contract',
  'The first access to a page without content in a range registered for MISSING sends one message with the page address.',
  `${UFFD}; page_fault_test uffd`,
);
export const writeFlag = rule(
  'uffd.write-flag',
  'contract',
  'The message of a write carries the WRITE flag and that of a read does not.',
  `${UFFD}; page_fault_test uffd handlers`,
);
export const minorMessage = rule(
  'uffd.minor',
  'contract',
  'The first access to a page that is in the page cache but not mapped, in a range registered for MINOR, sends a MINOR message.',
  UFFD,
);
export const wpMessage = rule(
  'uffd.wp',
  'contract',
  'A write to a write-protected page sends a message with the WP and WRITE flags.',
  UFFD,
);
export const noMessage = rule(
  'uffd.no-message',
  'contract',
  'An access to a page that is mapped and not write-protected sends no message.',
  UFFD,
);
export const answerCopy = rule(
  'uffd.copy',
  'contract',
  'After UFFDIO_COPY the page holds the source and the access goes on.',
  MAN,
);
export const answerCopyWp = rule(
  'uffd.copy-wp',
  'contract',
  'A page that UFFDIO_COPY placed write-protected sends a WP message on its next write.',
  MAN,
);
export const answerZero = rule(
  'uffd.zeropage',
  'contract',
  'After UFFDIO_ZEROPAGE the page holds zeroes and the access goes on.',
  MAN,
);
export const answerPoison = rule(
  'uffd.poison',
  'contract',
  'After UFFDIO_POISON accesses to the page fail without a further message: a memory-error SIGBUS for one that the processor makes.',
  MAN,
);
export const answerContinue = rule(
  'uffd.continue',
  'contract',
  'After UFFDIO_CONTINUE the page is mapped with the content that the page cache has, and not write-protected.',
  MAN,
);
export const answerUnprotect = rule(
  'uffd.unprotect',
  'contract',
  'After UFFDIO_WRITEPROTECT without the WP mode the write goes on and later writes send no message.',
  MAN,
);
export const withdrawal = rule(
  'uffd.withdrawal',
  'contract',
  'An unanswered access waits until the range is unregistered, and then goes on as if it had never been registered.',
  `${MAN}, UFFDIO_UNREGISTER`,
);
export const unregisterWakes = rule(
  'uffd.unregister-wakes',
  'contract',
  'UFFDIO_UNREGISTER wakes the threads that wait in a range that was registered for MISSING.',
  'mm/userfaultfd.c, userfaultfd_unregister: so that they do not hang and nobody has to call UFFDIO_WAKE',
);
export const unregisterWakesOthers = rule(
  'uffd.unregister-wakes-others',
  'implementation',
  'In a range that was not registered for MISSING, UFFDIO_UNREGISTER wakes nobody on kernels that were not mended.',
  'mm/userfaultfd.c, userfaultfd_unregister; it is probed',
);
export const protectPresent = rule(
  'uffd.protect',
  'contract',
  'UFFDIO_WRITEPROTECT protects the pages of the range: anonymous ones that are present, others whether present or not.',
  `${UFFD}, UFFD_FEATURE_WP_UNPOPULATED and UFFD_FEATURE_WP_HUGETLBFS_SHMEM`,
);
export const unregisterClears = rule(
  'uffd.unregister',
  'contract',
  'After UFFDIO_UNREGISTER no access sends a message, and write protection is gone.',
  MAN,
);
export const registerKeepsWp = rule(
  'uffd.register-keeps-wp',
  'implementation',
  'Kernels that let no registration drop the WP mode refuse one without it: EBUSY.',
  'mm/userfaultfd.c, userfaultfd_register; it is probed',
);
export const protectOneMapping = rule(
  'uffd.protect-one-mapping',
  'implementation',
  'Older kernels write-protect ranges within one mapping only, and mprotect of a part splits one: ENOENT.',
  'mm/userfaultfd.c of Linux 6.1, mwriteprotect_range and find_dst_vma; it is probed',
);
export const registerAgain = rule(
  'uffd.register-again',
  'implementation',
  'Registering a range again with modes that it already has changes nothing, even if it has more.',
  'mm/userfaultfd.c, userfaultfd_register: a mapping with the right tracking mode is skipped',
);
export const ioctlWorks = rule(
  'uffd.ioctl',
  'contract',
  'Registering, unregistering and protecting a range that allows it succeed.',
  MAN,
);
