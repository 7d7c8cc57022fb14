import type { BookRule } from '../../model/book.js';

/**
 * The rule of a family's model that a planted fault breaks.
 *
 * @throws {RangeError} when the model has none with this id.
 */
export function plantedRule(family: string, id: string, find: (id: string) => BookRule | undefined): BookRule {
  const rule = find(id);
  if (rule === undefined) throw new RangeError(`the ${family} model has no rule ${id}; \`faultline rules\` lists them`);
  return rule;
}
