import type { ArmProfile } from '../../../scenario/profile.js';
import type { BookRule } from '../rules/index.js';

/** Rules that need something of an aarch64 machine, beside what they need of any. */
export const ARM_CONDITIONS: ReadonlyMap<BookRule, (profile: ArmProfile) => boolean> = new Map();
