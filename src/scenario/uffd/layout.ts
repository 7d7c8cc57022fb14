/** Sizes and addresses that scenario, driver and model share. */

export const UFFD_MAX_STEPS = 20;
export const UFFD_MAX_PAGES = 16;
/** Threads of the driver that touch memory and may be left waiting. */
export const UFFD_THREADS = 3;
/** Who writes at the same time: the threads and a forked child. Each has words of its own. */
export const UFFD_WRITERS = UFFD_THREADS + 1;

export const SMALL_PAGE_BYTES = 4096;
export const HUGE_PAGE_BYTES = 2 * 1024 * 1024;
/** Words of eight bytes that an access can be aimed at: those of a page's first 4 KiB but the last, which tells fills apart. */
export const WORDS = SMALL_PAGE_BYTES / 8 - 1;

/** What a page can be filled with: the two sources of UFFDIO_COPY, and the content that it starts with. */
export const FILL_TAGS = ['a', 'b', 'initial'] as const;
export type FillTag = (typeof FILL_TAGS)[number];

const HIGH_BYTE = 0xa0n;

/**
 * The word that a fill has at an offset.
 *
 * @param page which page of the fill; a COPY of several pages takes them in turn, from 0 on.
 * @param offset in bytes, a multiple of 8.
 */
export function uffdFill(tag: FillTag, page: number, offset: number): bigint {
  const high = HIGH_BYTE + BigInt(FILL_TAGS.indexOf(tag));
  return (high << 56n) | (BigInt(page) << 40n) | (BigInt(offset) << 16n) | 0x5a5an;
}
