import type { ArmProfile } from '../../../scenario/profile.js';
import { bag } from '../dice.js';
import type { Recipe } from '../generate.js';
import { pickArmConfig } from './config.js';
import { ARM_MOTIFS } from './motifs.js';
import { armTables, granules } from './tables.js';

const LENGTHS = bag([1, 16], [2, 22], [3, 22], [4, 16], [5, 10], [6, 6], [7, 4], [8, 2], [9, 1], [10, 1]);

/** @param everything ask for what the machine lacks, too. */
export function armRecipe(profile: ArmProfile, everything: boolean): Recipe {
  const tables = armTables(profile, everything);
  const sizes = granules(tables.has);
  const config: Recipe['config'] = (dice) => pickArmConfig(dice, tables, sizes);
  return { tables, config, lengths: LENGTHS, longOneIn: 200, motifs: ARM_MOTIFS };
}
