import { isValidStage2 } from '../../scenario/stage2/constraints.js';
import { MAX_STEPS } from '../../scenario/stage2/layout.js';
import { withConfig, type Stage2Config, type Stage2Scenario, type Step } from '../../scenario/stage2.js';
import { accessOf } from './access.js';
import { bag, type Dice } from './dice.js';
import { pagesOf, type Draft } from './draft.js';
import type { Recipe } from './generate.js';

/** Attempts at a variation that keeps the constraints. */
const ATTEMPTS = 8;

type Change = (draft: Draft, recipe: Recipe) => void;

function somewhere({ dice, steps }: Draft): number {
  return dice.below(steps.length);
}

const drop: Change = (draft) => {
  if (draft.steps.length > 1) draft.steps.splice(somewhere(draft), 1);
};

const insert: Change = (draft, { motifs }) => {
  const behind = draft.steps.splice(draft.dice.below(draft.steps.length + 1));
  draft.dice.pick(motifs)(draft);
  draft.steps.push(...behind);
};

const repeat: Change = (draft) => {
  const [step] = draft.steps.slice(somewhere(draft));
  if (step !== undefined) draft.steps.splice(draft.dice.below(draft.steps.length + 1), 0, step);
};

/** The same place by another operation, width, offset and value. */
const anotherAccess: Change = (draft) => {
  const at = somewhere(draft);
  const step = draft.steps[at];
  if (step?.kind !== 'access' || step.page >= pagesOf(draft.config, step.region)) return;
  const { dice, tables, config } = draft;
  const op = dice.percent(50) ? step.op : dice.pick(tables.ops[config.privilege]);
  draft.steps[at] = accessOf(draft, op, step.region, step.page);
};

const CHANGES = bag<Change>([anotherAccess, 4], [insert, 3], [drop, 2], [repeat, 1]);
const HOW_MANY = bag([0, 1], [1, 4], [2, 2], [3, 1]);

/** The configuration, half of the time with one of its parts picked anew. */
function varyConfig(config: Stage2Config, dice: Dice, recipe: Recipe): Stage2Config {
  if (dice.percent(50)) return config;
  const parts = Object.keys(config) as (keyof Stage2Config)[];
  const part = parts[dice.below(parts.length)] ?? 'privilege';
  return { ...config, [part]: recipe.config(dice)[part] };
}

/** A valid scenario that does much of what this one does. */
export function varyStage2(example: Stage2Scenario, dice: Dice, recipe: Recipe): Stage2Scenario {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const config = varyConfig(example.config, dice, recipe);
    const steps: Step[] = [...example.steps];
    const draft = { dice, tables: recipe.tables, config, steps, hotBase: dice.below(pagesOf(config, 'data')) };
    for (let left = dice.pick(HOW_MANY); left > 0; left--) if (steps.length > 0) dice.pick(CHANGES)(draft, recipe);
    if (steps.length > MAX_STEPS) steps.length = MAX_STEPS;
    const scenario = withConfig({ ...example, steps }, config);
    if (isValidStage2(scenario)) return scenario;
  }
  return example;
}
