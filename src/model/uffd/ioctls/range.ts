import { modeBits } from '../../../scenario/uffd/ioctls.js';
import { SMALL_PAGE_BYTES } from '../../../scenario/uffd/layout.js';
import type { UffdIoctl, UffdRange } from '../../../scenario/uffd.js';
import { EINVAL } from '../errno.js';
import { R, UNTOUCHED, type Run } from '../state.js';

/** Pages that a range covers, of those that are there, and how it lies. */
export interface Span {
  readonly first: number;
  /** Exclusive. */
  readonly end: number;
  /** It goes on where nothing is mapped. */
  readonly beyond: boolean;
}

export const mode = (step: UffdIoctl): number => modeBits(step.ioctl, step.mode);

/** The pages of a range that no flaw makes invalid. `outside` has none. */
export function spanOf(run: Run, { range }: UffdIoctl): Span {
  if (range.flaw === 'outside') return { first: run.pages.length, end: run.pages.length, beyond: true };
  const end = range.page + range.pages + (range.flaw === 'beyond' || isHugeFlaw(range) ? 1 : 0);
  return { first: range.page, end: Math.min(end, run.pages.length), beyond: end > run.pages.length };
}

/** A range of hugetlb that begins or ends within a huge page. */
export function isHugeFlaw({ flaw }: UffdRange): boolean {
  return flaw === 'small_start' || flaw === 'small_length';
}

/** The addresses of a range that no flaw makes invalid, in bytes from the first page. */
export function addressesOf(run: Run, step: UffdIoctl): { readonly start: number; readonly bytes: number } {
  const { first, end } = spanOf(run, step);
  const start = first * run.pageBytes;
  const { pages, flaw } = step.range;
  if (!isHugeFlaw(step.range) || !run.docket.holds(R.argument.wakeBytes))
    return { start, bytes: (end - first) * run.pageBytes };
  return flaw === 'small_start'
    ? { start: start + SMALL_PAGE_BYTES, bytes: pages * run.pageBytes }
    : { start, bytes: pages * run.pageBytes + SMALL_PAGE_BYTES };
}

/** Refuses a source that is wrong whatever is there. */
function isBadSource({ ioctl, sourceFlaw }: UffdIoctl): boolean {
  return sourceFlaw === 'wrap' || (sourceFlaw === 'unaligned' && ioctl === 'move');
}

const INVALID: ReadonlySet<string> = new Set(['unaligned_start', 'unaligned_length', 'empty', 'wrap', 'high']);

/** Refuses what every call refuses; `field` is what the result field holds then. */
export function refused(run: Run, step: UffdIoctl, field: number = UNTOUCHED): boolean {
  if (INVALID.has(step.range.flaw) && run.docket.holds(R.range.aligned)) {
    run.result(R.range.aligned, EINVAL, field);
    return true;
  }
  if (isBadSource(step) && run.docket.holds(R.argument.source)) {
    run.result(R.argument.source, EINVAL, field);
    return true;
  }
  if (step.mode.includes('bogus') && run.docket.holds(R.range.mode)) {
    run.result(R.range.mode, EINVAL, field);
    return true;
  }
  return false;
}
