import { HUGE_PAGE_BYTES, SMALL_PAGE_BYTES } from './layout.js';

interface MemoryInfo {
  /** A file stands behind it, whose pages can be in the page cache without being mapped. */
  readonly file: boolean;
  /** What one mapping writes the file and its other mappings see. */
  readonly shared: boolean;
  readonly hugetlb: boolean;
}

/** Kinds of memory; `shmem` and `hugetlb` are shared mappings of a memfd. */
export const MEMORY = {
  anon: { file: false, shared: false, hugetlb: false },
  shmem: { file: true, shared: true, hugetlb: false },
  shmem_private: { file: true, shared: false, hugetlb: false },
  hugetlb: { file: true, shared: true, hugetlb: true },
  hugetlb_private: { file: true, shared: false, hugetlb: true },
} as const satisfies Record<string, MemoryInfo>;

export type Memory = keyof typeof MEMORY;
export const MEMORY_KINDS = Object.keys(MEMORY) as [Memory, ...Memory[]];

/** Huge pages are scarce. */
export const MAX_HUGE_PAGES = 4;

/** Size of one page of this memory, in bytes. */
export function pageBytes(memory: Memory): number {
  return MEMORY[memory].hugetlb ? HUGE_PAGE_BYTES : SMALL_PAGE_BYTES;
}
