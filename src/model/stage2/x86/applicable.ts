import type { X86Profile } from '../../../scenario/profile.js';
import { R, type BookRule } from '../rules/index.js';

/** Rules that need something of an x86_64 machine, beside what they need of any. */
export const X86_CONDITIONS: ReadonlyMap<BookRule, (profile: X86Profile) => boolean> = new Map([
  [R.guestEditEmulated, emulatesKernel],
  [R.tableWalkReads, (profile) => profile.walkDirtiesTables === 'on_change'],
  [R.readOnlyTables, (profile) => profile.readOnlyTables === 'work' && profile.features.readonlyMem],
  [R.partialSplit, emulatesKernel],
  [R.hostProtectionEmulated, emulatesKernel],
  [R.poisonEmulated, (profile) => emulatesKernel(profile) && profile.features.uffdPoison],
  [R.emulatedUpdateReads, emulatesKernel],
]);

function emulatesKernel(profile: X86Profile): boolean {
  return !profile.kernelRunsNatively;
}
