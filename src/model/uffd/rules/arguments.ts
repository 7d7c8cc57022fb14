import { MAN, rule } from './book.js';

export const unmapped = rule(
  'argument.unmapped',
  'contract',
  'A call whose argument lies where nothing is mapped is EFAULT, and changes nothing.',
  `${MAN}, ERRORS`,
);
export const readonly = rule(
  'argument.readonly',
  'implementation',
  'A call that cannot write its result does its work, wakes nobody and is EFAULT.',
  'fs/userfaultfd.c: put_user comes before wake_userfault',
);
export const source = rule(
  'source.invalid',
  'contract',
  'A source that goes beyond 64 bits, and of UFFDIO_MOVE one that is not page-aligned, is refused with EINVAL, and the result field stays as it was.',
  `${MAN}, UFFDIO_COPY and UFFDIO_MOVE`,
);
export const copyUnaligned = rule(
  'copy.any-source',
  'contract',
  'UFFDIO_COPY takes its pages from any address, page-aligned or not.',
  `${MAN}, UFFDIO_COPY: of the destination and the length alone it is asked that they are multiples of the page`,
);
export const copyUnmapped = rule(
  'copy.source-unmapped',
  'implementation',
  'UFFDIO_COPY is EFAULT from the first page on that cannot be read.',
  'mm/userfaultfd.c, mfill_atomic_pte_copy and mfill_atomic',
);
export const copySourceFirst = rule(
  'copy.source-first',
  'implementation',
  'A source that cannot be read comes before a page that is there already, except on hugetlb.',
  'mm/userfaultfd.c, mfill_atomic_pte_copy and mfill_atomic_hugetlb',
);
export const moveUnmapped = rule(
  'move.from-nowhere',
  'contract',
  'UFFDIO_MOVE from where nothing is mapped is ENOENT.',
  `${MAN}, UFFDIO_MOVE`,
);
export const huge = rule(
  'range.huge',
  'implementation',
  'On hugetlb a range that does not begin and end with a huge page is EINVAL, except to wake; a registration may end where nothing is mapped.',
  'fs/userfaultfd.c, userfaultfd_register and userfaultfd_unregister; mm/userfaultfd.c, mfill_atomic_hugetlb and mwriteprotect_range',
);
export const wakeBytes = rule(
  'wake.bytes',
  'implementation',
  'UFFDIO_WAKE takes its range for one of addresses, also on hugetlb: it wakes whose message had an address in it.',
  'fs/userfaultfd.c, userfaultfd_wake_function',
);
