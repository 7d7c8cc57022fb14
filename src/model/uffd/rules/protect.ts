import { MAN, PAGEMAP, rule, UFFD } from './book.js';

export const protects = rule(
  'writeprotect.protects',
  'contract',
  'UFFDIO_WRITEPROTECT with the WP mode protects the pages of the range that are there.',
  UFFD,
);
export const unpopulated = rule(
  'writeprotect.unpopulated',
  'contract',
  'UFFDIO_WRITEPROTECT protects pages without content, too; on anonymous memory only with UFFD_FEATURE_WP_UNPOPULATED.',
  UFFD,
);
export const unprotects = rule(
  'writeprotect.unprotects',
  'contract',
  'UFFDIO_WRITEPROTECT without the WP mode takes the protection away and wakes who waits in the range, unless DONTWAKE says otherwise.',
  UFFD,
);
export const needsWp = rule(
  'writeprotect.needs-wp',
  'contract',
  'UFFDIO_WRITEPROTECT of a range that is not registered for WP is ENOENT, and what of it lies before is done.',
  MAN,
);
export const oneMapping = rule(
  'writeprotect.one-mapping',
  'implementation',
  'On older kernels UFFDIO_WRITEPROTECT of a range that is not inside one mapping is ENOENT, and nothing is done; pages that are registered for different modes are not.',
  'mm/userfaultfd.c of Linux 6.1, mwriteprotect_range and find_dst_vma; it is probed',
);
export const wpDontWake = rule(
  'writeprotect.wp-dontwake',
  'contract',
  'UFFDIO_WRITEPROTECT with both WP and DONTWAKE is EINVAL.',
  MAN,
);
export const markKeeps = rule(
  'writeprotect.mark-kept',
  'contract',
  'A page that was protected before it had content is protected when it gets some by an ordinary fault.',
  UFFD,
);
export const pagemapWp = rule(
  'pagemap.wp',
  'contract',
  'Bit 57 of /proc/self/pagemap says which pages are write-protected by a userfaultfd.',
  PAGEMAP,
);
export const pagemapPresent = rule(
  'pagemap.present',
  'contract',
  'Bit 63 of /proc/self/pagemap says which pages are mapped.',
  PAGEMAP,
);
export const pagemapMark = rule(
  'pagemap.mark',
  'implementation',
  'A mark, of protection or of poison, shows in /proc/self/pagemap as a swapped page, except on hugetlb.',
  'fs/proc/task_mmu.c, pte_to_pagemap_entry and pagemap_hugetlb_range',
);
