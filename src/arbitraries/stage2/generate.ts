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

/** What is wanted of a scenario that is otherwise random. */
export interface Pinned {
  readonly config: (config: Stage2Config) => Stage2Config;
  /** Steps that must be among the others. */
  readonly motifs: readonly Motif[];
}

const UNPINNED: Pinned = { config: (config) => config, motifs: [] };

/** A random scenario that keeps all constraints, as long as what is pinned does. */
export function generateStage2(dice: Dice, recipe: Recipe, pinned: Pinned = UNPINNED): Stage2Scenario {
  const { tables, lengths, longOneIn, motifs } = recipe;
  const config = pinned.config(recipe.config(dice));
  const steps: Step[] = [];
  const draft: Draft = { dice, tables, config, steps, hotBase: dice.below(pagesOf(config, 'data')) };
  const length = dice.once(longOneIn) ? dice.between(11, MAX_STEPS) : dice.pick(lengths);
  for (const motif of pinned.motifs) {
    if (dice.percent(50)) dice.pick(motifs)(draft);
    motif(draft);
  }
  while (steps.length < length) dice.pick(motifs)(draft);
  if (steps.length > MAX_STEPS) steps.length = MAX_STEPS;
  return { schema: STAGE2_SCHEMA, family: 'stage2', arch: archOf(config), config, steps } as Stage2Scenario;
}
