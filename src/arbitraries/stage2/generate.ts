import { archOf } from '../../scenario/stage2/arch.js';
import { MAX_STEPS } from '../../scenario/stage2/layout.js';
import { STAGE2_SCHEMA, type Stage2Scenario, type Step } from '../../scenario/stage2.js';
import type { Dice } from './dice.js';
import { pagesOf, type Draft } from './draft.js';
import type { Tables } from './tables.js';

/** A random scenario that keeps all constraints. */
export function generateStage2(dice: Dice, tables: Tables): Stage2Scenario {
  const config = tables.config(dice, tables);
  const steps: Step[] = [];
  const draft: Draft = { dice, tables, config, steps, hotBase: dice.below(pagesOf(config, 'data')) };
  const length = dice.once(tables.longOneIn) ? dice.between(11, MAX_STEPS) : dice.pick(tables.lengths);
  while (steps.length < length) dice.pick(tables.motifs)(draft);
  if (steps.length > MAX_STEPS) steps.length = MAX_STEPS;
  return { schema: STAGE2_SCHEMA, family: 'stage2', arch: archOf(config), config, steps } as Stage2Scenario;
}
