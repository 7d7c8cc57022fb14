import { modeBits } from '../../../scenario/uffd/ioctls.js';
import type { UffdIoctl } from '../../../scenario/uffd.js';
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
  const end = range.page + range.pages + (range.flaw === 'beyond' ? 1 : 0);
  return { first: range.page, end: Math.min(end, run.pages.length), beyond: end > run.pages.length };
}

const INVALID: ReadonlySet<string> = new Set(['unaligned_start', 'unaligned_length', 'empty', 'wrap', 'high']);

/** Refuses what every call refuses; `field` is what the result field holds then. */
export function refused(run: Run, step: UffdIoctl, field: number = UNTOUCHED): boolean {
  if (INVALID.has(step.range.flaw) && run.docket.holds(R.range.aligned)) {
    run.result(R.range.aligned, EINVAL, field);
    return true;
  }
  if (step.mode.includes('bogus') && run.docket.holds(R.range.mode)) {
    run.result(R.range.mode, EINVAL, field);
    return true;
  }
  return false;
}
