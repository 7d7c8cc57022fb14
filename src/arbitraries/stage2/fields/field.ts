import type { Pin } from '../../fields.js';
import type { Stage2Config, Step } from '../../../scenario/stage2.js';
import type { Dice } from '../dice.js';
import type { Motif } from '../draft.js';
import type { Tables } from '../tables.js';

/** A field of the configuration: it has at most one value. */
export interface ConfigField {
  readonly name: string;
  readonly values: readonly string[];
  /** Place of the value that the configuration has; -1 when it has none. */
  readonly of: (config: Stage2Config) => number;
  /** The configuration with this value, and changed where nothing else fits; undefined when the machine cannot have it. */
  readonly pin: (config: Stage2Config, value: number, dice: Dice, tables: Tables) => Stage2Config | undefined;
}

/** A field of the steps: a scenario shows any number of its values. */
export interface StepField {
  readonly name: string;
  readonly values: readonly string[];
  /** Bits of the values that one step shows. */
  readonly of: (step: Step) => number;
  /** Appends steps that show the value; undefined when the machine has none. */
  readonly motif: (value: number, tables: Tables) => Motif | undefined;
  /** What the value needs of the configuration, if it is not so already. */
  readonly needs: (value: number, config: Stage2Config) => Pin | undefined;
}

/** A choice of two. */
export const OFF_ON = ['off', 'on'] as const;
