import fc from 'fast-check';
import type { Stage2Profile } from '../scenario/profile.js';
import { STAGE2_SCHEMA, type Stage2Scenario } from '../scenario/stage2.js';
import type { Focus } from './focus.js';
import { simplifyStage2 } from './simplify.js';
import { Dice } from './stage2/dice.js';
import { Stage2Fields } from './stage2/fields.js';
import { generateStage2, type Recipe } from './stage2/generate.js';
import { recipeFor } from './stage2/recipe.js';
import { varyStage2 } from './stage2/vary.js';

/** One scenario in this many asks for what the machine lacks, so that skips are exercised too. */
const ASK_ANYWAY_ONE_IN = 1000;

/**
 * A family's own arbitrary instead of a composition of fast-check's: a scenario has some fifty dependent choices, and it
 * must cost microseconds. Shrinking uses the moves of the final reducer, which know what is simpler in a scenario and keep
 * its steps consistent, and needs no context: a scenario from a file shrinks like a generated one.
 */
class Stage2Arbitrary extends fc.Arbitrary<Stage2Scenario> {
  private readonly supported: Recipe;
  private readonly everything: Recipe;
  private readonly fields: Stage2Fields;

  constructor(
    profile: Stage2Profile,
    private readonly focus: Focus<Stage2Scenario> | undefined,
  ) {
    super();
    this.supported = recipeFor(profile, false);
    this.everything = recipeFor(profile, true);
    this.fields = new Stage2Fields(profile.arch);
  }

  override generate(random: fc.Random): fc.Value<Stage2Scenario> {
    const dice = new Dice(random);
    const focused = this.focused(dice);
    if (focused !== undefined) return new fc.Value(focused, undefined);
    const recipe = dice.once(ASK_ANYWAY_ONE_IN) ? this.everything : this.supported;
    return new fc.Value(generateStage2(dice, recipe), undefined);
  }

  /** Undefined: there is nothing to prefer, or it did not work out this time. */
  private focused(dice: Dice): Stage2Scenario | undefined {
    if (this.focus === undefined) return undefined;
    const { pins, like } = this.focus;
    const goal = dice.below(pins.length + like.length);
    const example = like[goal - pins.length];
    if (example !== undefined) return varyStage2(example, dice, this.supported);
    return this.fields.find(pins[goal] ?? [], this.supported, dice);
  }

  override canShrinkWithoutContext(value: unknown): value is Stage2Scenario {
    return typeof value === 'object' && value !== null && 'schema' in value && value.schema === STAGE2_SCHEMA;
  }

  override shrink(scenario: Stage2Scenario): fc.Stream<fc.Value<Stage2Scenario>> {
    const simpler = simplifyStage2(scenario)[Symbol.iterator]();
    return fc.stream(simpler).map((candidate) => new fc.Value(candidate, undefined));
  }
}

/** Scenarios that this machine can mostly execute, each of them valid, with an eye on steps that interact. */
export function stage2Arbitrary(profile: Stage2Profile, focus?: Focus<Stage2Scenario>): fc.Arbitrary<Stage2Scenario> {
  return new Stage2Arbitrary(profile, focus);
}
