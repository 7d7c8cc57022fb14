import { MAX_STEPS } from '../../scenario/stage2/layout.js';
import { STAGE2_SCHEMA, type Stage2Scenario, type Step } from '../../scenario/stage2.js';
import { pickConfig } from './config.js';
import { bag, type Dice } from './dice.js';
import { pagesOf, type Draft } from './draft.js';
import { addMotif } from './motifs.js';
import type { Tables } from './tables.js';

/** At how many steps a scenario is long enough. The last group of steps may make it a little longer. */
const LENGTHS = bag([1, 16], [2, 18], [3, 18], [4, 14], [5, 10], [6, 8], [7, 6], [8, 4], [9, 3], [10, 2]);
const LONG_ONE_IN = 100;

/** A random scenario that keeps all constraints. */
export function generateStage2(dice: Dice, tables: Tables): Stage2Scenario {
  const config = pickConfig(dice, tables);
  const steps: Step[] = [];
  const draft: Draft = { dice, tables, config, steps, hotBase: dice.below(pagesOf(config, 'data')) };
  const length = dice.once(LONG_ONE_IN) ? dice.between(11, MAX_STEPS) : dice.pick(LENGTHS);
  while (steps.length < length) addMotif(draft);
  if (steps.length > MAX_STEPS) steps.length = MAX_STEPS;
  return { schema: STAGE2_SCHEMA, family: 'stage2', arch: 'x86_64', config, steps };
}
