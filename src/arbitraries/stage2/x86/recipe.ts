import type { X86Profile } from '../../../scenario/profile.js';
import { bag } from '../dice.js';
import type { Recipe } from '../generate.js';
import { pickX86Config } from './config.js';
import { X86_MOTIFS } from './motifs.js';
import { x86Tables } from './tables.js';

const LENGTHS = bag([1, 16], [2, 18], [3, 18], [4, 14], [5, 10], [6, 8], [7, 6], [8, 4], [9, 3], [10, 2]);

/** @param everything ask for what the machine lacks, too. */
export function x86Recipe(profile: X86Profile, everything: boolean): Recipe {
  const tables = x86Tables(profile, everything);
  const config: Recipe['config'] = (dice) => pickX86Config(dice, tables);
  return { tables, config, lengths: LENGTHS, longOneIn: 100, motifs: X86_MOTIFS };
}
