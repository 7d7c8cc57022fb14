import type { Stage2Profile } from '../../scenario/profile.js';
import { isValidStage2 } from '../../scenario/stage2/constraints.js';
import type { Arch } from '../../scenario/stage2/arch.js';
import type { Stage2Config, Stage2Scenario } from '../../scenario/stage2.js';
import type { Fields, Pin } from '../fields.js';
import { Dice } from './dice.js';
import type { ConfigField, StepField } from './fields/field.js';
import { ARM_MACHINE, X86_MACHINE } from './fields/machine.js';
import { REGION_FIELDS } from './fields/region.js';
import { stepFields } from './fields/steps.js';
import { generateStage2, type Pinned, type Recipe } from './generate.js';
import { recipeFor } from './recipe.js';
import type { Tables } from './tables.js';

interface Wanted {
  readonly field: ConfigField | StepField;
  /** Place of the field. */
  readonly place: number;
  readonly value: number;
}

/** Attempts to find a scenario that shows some values: what is picked around them may get into their way. */
const ATTEMPTS = 16;

/** The configuration space of an architecture's scenarios, and how to reach a place in it. */
export class Stage2Fields {
  private readonly config: readonly ConfigField[];
  private readonly steps: readonly StepField[];
  readonly fields: readonly (ConfigField | StepField)[];

  constructor(arch: Arch) {
    this.config = [...(arch === 'aarch64' ? ARM_MACHINE : X86_MACHINE), ...REGION_FIELDS];
    this.steps = stepFields(arch);
    this.fields = [...this.config, ...this.steps];
  }

  read({ config, steps }: Stage2Scenario, masks: Int32Array): void {
    const first = this.config.length;
    for (let i = 0; i < first; i++) {
      const value = this.config[i]?.of(config) ?? -1;
      masks[i] = value < 0 ? 0 : 1 << value;
    }
    masks.fill(0, first);
    for (const step of steps) {
      for (let i = 0; i < this.steps.length; i++) {
        masks[first + i] = (masks[first + i] ?? 0) | (this.steps[i]?.of(step) ?? 0);
      }
    }
  }

  /** @throws RangeError when there is no such field or value. */
  private value([name, value]: Pin): Wanted {
    const place = this.fields.findIndex((field) => field.name === name);
    const field = this.fields[place];
    const at = field?.values.indexOf(value) ?? -1;
    if (field === undefined || at < 0) throw new RangeError(`there is no field ${name} with a value ${value}`);
    return { field, place, value: at };
  }

  /** What makes scenarios show these values, as far as the machine can; some of them may miss one all the same. */
  pinned(pins: readonly Pin[], { tables }: Recipe, dice: Dice): Pinned {
    const wanted = pins.map((pin) => this.value(pin)).sort((a, b) => a.place - b.place);
    return {
      config: (config) =>
        wanted.reduce((changed, pin) => this.pinConfig(changed, pin, dice, tables) ?? changed, config),
      motifs: wanted.flatMap(({ field, value }) => ('pin' in field ? [] : (field.motif(value, tables) ?? []))),
    };
  }

  private pinConfig(
    config: Stage2Config,
    { field, value }: Wanted,
    dice: Dice,
    tables: Tables,
  ): Stage2Config | undefined {
    if ('pin' in field) return field.pin(config, value, dice, tables);
    const need = field.needs(value, config);
    return need === undefined ? config : this.pinConfig(config, this.value(need), dice, tables);
  }

  private shows(scenario: Stage2Scenario, pins: readonly Pin[]): boolean {
    const masks = new Int32Array(this.fields.length);
    this.read(scenario, masks);
    return pins.every((pin) => {
      const { place, value } = this.value(pin);
      return ((masks[place] ?? 0) & (1 << value)) !== 0;
    });
  }

  /** A scenario that shows the values; undefined when no attempt did. */
  find(pins: readonly Pin[], recipe: Recipe, dice: Dice): Stage2Scenario | undefined {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const scenario = generateStage2(dice, recipe, this.pinned(pins, recipe, dice));
      if (this.shows(scenario, pins) && isValidStage2(scenario)) return scenario;
    }
    return undefined;
  }
}

const SEED = 1;

/** What scenarios differ in on this machine. */
export function stage2Fields(profile: Stage2Profile): Fields<Stage2Scenario> {
  const fields = new Stage2Fields(profile.arch);
  const recipe: Recipe = { ...recipeFor(profile, false), lengths: [1], longOneIn: Infinity };
  return {
    fields: fields.fields.map(({ name, values }) => ({ name, values })),
    read: (scenario, masks) => {
      fields.read(scenario, masks);
    },
    // The same question always has the same answer.
    witness: (pins) => fields.find(pins, recipe, new Dice({ nextInt: () => SEED })),
  };
}
