import type { X86Config } from '../../../scenario/stage2.js';
import { pickMachine, pickRegions } from '../config.js';
import type { Dice } from '../dice.js';
import type { Tables } from '../tables.js';

function pickInitial(dice: Dice): X86Config['initial'] {
  const bits = dice.percent(50) ? 15 : dice.percent(40) ? 0 : dice.below(16);
  return { pteA: (bits & 1) !== 0, pdeA: (bits & 2) !== 0, pdpteA: (bits & 4) !== 0, pteD: (bits & 8) !== 0 };
}

/** A machine configuration. */
export function pickX86Config(dice: Dice, tables: Tables): X86Config {
  return { ...pickMachine(dice, tables), initial: pickInitial(dice), ...pickRegions(dice, tables, 1) };
}
