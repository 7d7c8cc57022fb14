import { rule } from './book.js';

const AD = 'Intel SDM vol. 3A, accessed and dirty flags';

export const tableHole = rule(
  'paging.table-hole',
  'contract',
  'A page table whose memory was dropped reads as zeroes, that is as not present.',
  'madvise(2), fallocate(2); page_fault_test CMD_HOLE_PT',
);
export const staleTranslation = rule(
  'paging.stale-translation',
  'contract',
  'Between a change that needs a flush and the flush, either the old or the new translation may be used.',
  'Intel SDM vol. 3A, delayed invalidation; Arm ARM, TLB maintenance requirements',
);
export const otherEntries = rule(
  'paging.other-entries',
  'contract',
  'Entries that no walk used and nobody edited keep their bits.',
  `${AD}; Arm ARM, hardware updates to the translation tables`,
);
