import { RuleBook, Docket as RuleDocket, type BookRule } from '../../book.js';
import type { Tier } from '../../rule.js';

export type { BookRule } from '../../book.js';

const book = new RuleBook();

export const UFFD = 'userfaultfd.rst';
export const MAN = 'ioctl_userfaultfd(2)';
export const PAGEMAP = 'pagemap.rst';

/** Adds a rule to the book. Called while the rule files load; ids are unique. */
export function rule(id: string, tier: Tier, sentence: string, source: string): BookRule {
  return book.add(id, tier, sentence, source);
}

/** Every rule defined so far, in the order of definition. */
export function bookRules(): readonly BookRule[] {
  return book.rules;
}

/** The rules of this family at work in one prediction. */
export class Docket extends RuleDocket {
  constructor(broken: BookRule | undefined) {
    super(book, broken);
  }
}
