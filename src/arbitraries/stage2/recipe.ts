import type { Stage2Profile } from '../../scenario/profile.js';
import { armRecipe } from './arm64/recipe.js';
import type { Recipe } from './generate.js';
import { x86Recipe } from './x86/recipe.js';

/** What scenarios for this machine are made of. @param everything ask for what the machine lacks, too. */
export function recipeFor(profile: Stage2Profile, everything: boolean): Recipe {
  return profile.arch === 'aarch64' ? armRecipe(profile, everything) : x86Recipe(profile, everything);
}
