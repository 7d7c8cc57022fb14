import type { Stage2Profile } from '../../scenario/profile.js';
import { STAGE2_SCHEMA, type Stage2Config, type Stage2Scenario, type Step } from '../../scenario/stage2.js';
import type { Sweep } from '../sweep.js';
import { recipeFor } from './recipe.js';
import { sweptAxes, sweptConfigs } from './sweep/configs.js';
import { Ragged } from './sweep/ragged.js';
import { readsOfDirty, sweptAccesses, sweptHoles, sweptSteps } from './sweep/steps.js';
import type { Tables } from './tables.js';

/** Configurations whose steps are kept: a sweep goes through one after the other. */
const KEPT = 64;

/** What can be done with one configuration. */
interface Choices {
  readonly first: readonly (Step | undefined)[];
  readonly second: readonly Step[];
}

function oneAccess(config: Stage2Config, tables: Tables): Choices {
  return { first: sweptHoles(config), second: sweptAccesses(config, tables) };
}

function twoSteps(config: Stage2Config, tables: Tables): Choices {
  const steps = sweptSteps(config, tables);
  return { first: steps, second: steps };
}

/**
 * Every configuration times everything that is done with it: with one step, an access, with or without a hole before it; with two,
 * each step before each other. Where something is logged, it is read at the end.
 */
class Stage2Sweep implements Sweep<Stage2Scenario> {
  private readonly configs: readonly Stage2Config[];
  private readonly ragged: Ragged;
  private readonly tables: Tables;
  private readonly kept = new Map<number, Choices>();
  readonly axes: readonly string[];

  constructor(
    private readonly profile: Stage2Profile,
    private readonly choose: (config: Stage2Config, tables: Tables) => Choices,
  ) {
    const recipe = recipeFor(profile, false);
    this.tables = recipe.tables;
    this.configs = sweptConfigs(profile.arch, recipe);
    this.axes = sweptAxes(profile.arch, recipe);
    const sizes = this.configs.map((config) => {
      const { first, second } = choose(config, this.tables);
      return first.length * second.length;
    });
    this.ragged = new Ragged(sizes);
  }

  get size(): number {
    return this.ragged.size;
  }

  at(index: number): Stage2Scenario {
    const { list, place } = this.ragged.find(index);
    const config = this.configs[list];
    if (config === undefined) throw new RangeError(`there is no configuration ${list}`);
    const { first, second } = this.choices(list, config);
    const before = first[Math.floor(place / second.length)];
    const step = second[place % second.length];
    const steps = [before, step, ...readsOfDirty(config)].filter((one) => one !== undefined);
    return { schema: STAGE2_SCHEMA, family: 'stage2', arch: this.profile.arch, config, steps } as Stage2Scenario;
  }

  private choices(list: number, config: Stage2Config): Choices {
    let choices = this.kept.get(list);
    if (choices === undefined) {
      if (this.kept.size >= KEPT) this.kept.clear();
      choices = this.choose(config, this.tables);
      this.kept.set(list, choices);
    }
    return choices;
  }
}

/** All scenarios of one access, or of two steps, that a machine can run. */
export function stage2Sweep(profile: Stage2Profile, steps: number): Sweep<Stage2Scenario> {
  return new Stage2Sweep(profile, steps === 1 ? oneAccess : twoSteps);
}
