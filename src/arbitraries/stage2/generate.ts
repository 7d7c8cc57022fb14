import { archOf } from '../../scenario/stage2/arch.js';
import { MAX_STEPS } from '../../scenario/stage2/layout.js';
import { STAGE2_SCHEMA, type Stage2Config, type Stage2Scenario, type Step } from '../../scenario/stage2.js';
import type { Bag, Dice } from './dice.js';
import { pagesOf, type Draft, type Motif } from './draft.js';
import type { Tables } from './tables.js';

/** What scenarios of an architecture are made of. */
export interface Recipe {
  readonly tables: Tables;
  readonly config: (dice: Dice) => Stage2Config;
  /** At how many steps a scenario is long enough. The last group of steps may make it a little longer. */
  readonly lengths: Bag<number>;
  readonly longOneIn: number;
  readonly motifs: Bag<Motif>;
}

/** A random scenario that keeps all constraints. */
export function generateStage2(
  dice: Dice,
  { tables, config: pickConfig, lengths, longOneIn, motifs }: Recipe,
): Stage2Scenario {
  const config = pickConfig(dice);
  const steps: Step[] = [];
  const draft: Draft = { dice, tables, config, steps, hotBase: dice.below(pagesOf(config, 'data')) };
  const length = dice.once(longOneIn) ? dice.between(11, MAX_STEPS) : dice.pick(lengths);
  while (steps.length < length) dice.pick(motifs)(draft);
  if (steps.length > MAX_STEPS) steps.length = MAX_STEPS;
  return { schema: STAGE2_SCHEMA, family: 'stage2', arch: archOf(config), config, steps } as Stage2Scenario;
}
