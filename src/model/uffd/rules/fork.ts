import { MAN, rule, UFFD } from './book.js';

const TABLES = 'mm/memory.c, vma_needs_copy and copy_nonpresent_pte; mm/hugetlb.c, copy_hugetlb_page_range';

export const works = rule('fork.works', 'contract', 'A process with a userfaultfd can fork.', 'fork(2)');
export const event = rule(
  'fork.event',
  'contract',
  'With UFFD_FEATURE_EVENT_FORK the fork of a process that has something registered sends a FORK message with a descriptor for the child, and otherwise it sends none.',
  `${UFFD}, Non-cooperative userfaultfd; userfaultfd(2)`,
);
export const inherits = rule(
  'fork.inherits',
  'contract',
  "With UFFD_FEATURE_EVENT_FORK the child's memory is registered as its parent's was, and its faults are messages on its own descriptor.",
  `${UFFD}, Non-cooperative userfaultfd; fs/userfaultfd.c, dup_userfaultfd`,
);
export const forgets = rule(
  'fork.forgets',
  'contract',
  "Without UFFD_FEATURE_EVENT_FORK the child's memory is not registered.",
  `${UFFD}, Non-cooperative userfaultfd; fs/userfaultfd.c, dup_userfaultfd`,
);
export const keepsWp = rule(
  'fork.keeps-wp',
  'contract',
  "A page that is write-protected in the parent is so in the child where the child's memory is registered for WP.",
  'mm/memory.c, copy_present_ptes; pagemap_test_fork in uffd-unit-tests.c',
);
export const dropsWp = rule(
  'fork.drops-wp',
  'contract',
  "Nothing is write-protected in the child where the child's memory is not registered for WP.",
  'mm/memory.c, copy_present_ptes; pagemap_test_fork in uffd-unit-tests.c',
);
export const poison = rule(
  'fork.poison',
  'implementation',
  'A poisoned page of private memory is poisoned in the child, too.',
  'mm/memory.c, copy_nonpresent_pte: entries of errors are always copied',
);
export const priv = rule(
  'fork.private',
  'contract',
  'A private page holds in the child what it held at the fork, and what one of the two writes later the other does not see.',
  'fork(2); mmap(2), MAP_PRIVATE',
);
export const tables = rule(
  'fork.tables',
  'implementation',
  "The entries of shared memory are copied to the child only where the child's memory is registered for WP; elsewhere it begins with none.",
  TABLES,
);
export const seams = rule(
  'fork.split',
  'implementation',
  'Mappings of private memory that were two at the fork never join in the child, nor do any in a child without a userfaultfd.',
  'mm/rmap.c, anon_vma_fork: each has an anon_vma of its own; mm/vma.c, is_mergeable_anon_vma',
);
export const moveBusy = rule(
  'move.in-common',
  'contract',
  'UFFDIO_MOVE of a page that parent and child have had in common since the fork is EBUSY.',
  `${MAN}, UFFDIO_MOVE`,
);
