import type { UffdAccess } from '../../scenario/uffd.js';
import type { BookRule } from './rules/index.js';

/** A call that goes from page to page. */
export interface Populate {
  readonly last: number;
  /** What it returns after the last page. */
  readonly rule: BookRule;
  readonly errno: number;
}

/** A thread touches a word: by an access, or inside a call that faults in page after page. */
export interface Touch extends Omit<UffdAccess, 'kind'> {
  readonly populate?: Populate;
}

/** The last page that it touches if nothing holds it. */
export function lastPage({ page, populate }: Touch): number {
  return populate?.last ?? page;
}
