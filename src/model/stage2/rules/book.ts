import { RuleBook, Docket as RuleDocket, type BookRule } from '../../book.js';
import type { Tier } from '../../rule.js';

export type { BookRule } from '../../book.js';

const book = new RuleBook();

/** Adds a rule to the book. Called while the rule files load; ids are unique. */
export function rule(id: string, tier: Tier, sentence: string, source: string): BookRule {
  return book.add(id, tier, sentence, source);
}

/** Adds a rule of x86_64 alone. */
export function x86Rule(id: string, tier: Tier, sentence: string, source: string): BookRule {
  return book.add(id, tier, sentence, source, 'x86_64');
}

/** Adds a rule of aarch64 alone. */
export function armRule(id: string, tier: Tier, sentence: string, source: string): BookRule {
  return book.add(id, tier, sentence, source, 'aarch64');
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
