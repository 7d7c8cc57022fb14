import type { Backing } from './config.js';
import type { HoleMethod } from './steps.js';

/** What a kind of host memory can do. */
export interface BackingInfo {
  /** Mapped shared, so that it has minor faults. */
  readonly shared: boolean;
  /** The region starts on a 2 MiB boundary and is a whole number of huge pages. */
  readonly huge: boolean;
  /** Made of hugetlbfs pages, for which there is no zero page. */
  readonly hugetlb: boolean;
  /** Ways in which the host can drop its pages. */
  readonly holes: readonly HoleMethod[];
}

export const BACKING_INFO: Readonly<Record<Backing, BackingInfo>> = {
  anon: { shared: false, huge: false, hugetlb: false, holes: ['dontneed', 'free'] },
  anon_thp: { shared: false, huge: true, hugetlb: false, holes: ['dontneed', 'free'] },
  shmem: { shared: true, huge: false, hugetlb: false, holes: ['dontneed', 'remove'] },
  memfd: { shared: true, huge: false, hugetlb: false, holes: ['dontneed', 'remove', 'punch'] },
  hugetlb: { shared: false, huge: true, hugetlb: true, holes: ['dontneed'] },
  hugetlb_shared: { shared: true, huge: true, hugetlb: true, holes: ['dontneed', 'remove', 'punch'] },
};
