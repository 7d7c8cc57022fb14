import { expect, test } from 'vitest';
import { STAGE2_RULES } from '../../../src/model/stage2/rules/index.js';
import { RULE_CASES } from '../rules/index.js';

test('every rule of the book has a case on both of its sides, and no case names another', () => {
  const named = new Set(RULE_CASES.map(({ rule }) => rule));
  expect([...named].sort()).toEqual(STAGE2_RULES.map(({ id }) => id).sort());
});
