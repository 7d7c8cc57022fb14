import { rule } from './book.js';

const MADVISE = 'madvise(2)';

export const range = rule(
  'advise.range',
  'contract',
  'madvise() of a range that does not start with a page, or whose length wraps around, is EINVAL, and of an empty one succeeds.',
  MADVISE,
);
export const unmapped = rule(
  'advise.unmapped',
  'contract',
  'madvise() of a range that is not mapped throughout is ENOMEM, and the advice applies to what is mapped; MADV_POPULATE_READ and _WRITE stop there.',
  MADVISE,
);
export const dontneed = rule(
  'advise.dontneed',
  'contract',
  'After MADV_DONTNEED nothing is mapped: private content is gone, and that of a file is what the file holds.',
  MADVISE,
);
export const dontneedWp = rule(
  'advise.dontneed-wp',
  'implementation',
  'A page that is dropped loses its write protection on anonymous memory, and on files leaves a mark of it.',
  'mm/memory.c, zap_nonpresent_ptes and zap_install_uffd_wp_if_needed; mm/hugetlb.c, __unmap_hugepage_range',
);
export const remove = rule(
  'advise.remove',
  'contract',
  'MADV_REMOVE of shared memory of a file takes the pages out of the file, too.',
  MADVISE,
);
export const removeRefused = rule(
  'advise.remove-private',
  'contract',
  'MADV_REMOVE is EINVAL on anonymous memory, and EACCES on a private mapping of a file.',
  `${MADVISE}; mm/madvise.c, madvise_remove`,
);
export const removePoison = rule(
  'advise.remove-poison',
  'implementation',
  'MADV_REMOVE leaves a mark of poison on shmem, and takes it away on hugetlb.',
  'mm/memory.c, zap_nonpresent_ptes: shmem is unmapped without private copies; mm/hugetlb.c, __unmap_hugepage_range',
);
export const free = rule(
  'advise.free',
  'implementation',
  'Pages that MADV_FREE lets go stay as they are while memory is not short.',
  `${MADVISE}; mm/madvise.c, madvise_free_pte_range`,
);
export const freeRefused = rule('advise.free-file', 'contract', 'MADV_FREE of memory of a file is EINVAL.', MADVISE);
export const freePoison = rule(
  'advise.free-poison',
  'implementation',
  'MADV_FREE takes a mark of poison away, and leaves one of write protection.',
  'mm/madvise.c, madvise_free_pte_range',
);
export const pageout = rule(
  'advise.pageout',
  'contract',
  'After MADV_PAGEOUT a page is mapped or not, as the kernel likes; its content and its write protection stay.',
  MADVISE,
);
export const pageoutRefused = rule('advise.pageout-hugetlb', 'contract', 'MADV_PAGEOUT of hugetlb is EINVAL.', MADVISE);
export const pageoutOpen = rule(
  'advise.pageout-open',
  'implementation',
  'What depends on whether MADV_PAGEOUT took a page out is left open.',
  'mm/madvise.c, madvise_cold_or_pageout_pte_range: pages that are on no list of pages yet are passed over',
);
export const collapse = rule(
  'advise.collapse',
  'contract',
  'MADV_COLLAPSE is EINVAL where huge pages are turned off, and on hugetlb.',
  `${MADVISE}; mm/khugepaged.c, madvise_collapse`,
);
export const populate = rule(
  'advise.populate',
  'contract',
  'MADV_POPULATE_READ and _WRITE fault in each page in turn as an access does, and wait where an access waits.',
  MADVISE,
);
export const populateFails = rule(
  'advise.populate-fails',
  'contract',
  'Where an access gets a SIGBUS, MADV_POPULATE_READ and _WRITE stop with EFAULT, or for a poisoned page with EHWPOISON.',
  MADVISE,
);
