import type { Profile } from '../../scenario/profile.js';
import { R, STAGE2_RULES, type BookRule } from './rules/index.js';

/** Rules that need something of the machine, and the test for it. Rules not listed hold everywhere. */
const CONDITIONS: ReadonlyMap<BookRule, (profile: Profile) => boolean> = new Map([
  [R.guestEditEmulated, emulatesKernel],
  [R.walkMayMark, (profile) => profile.walkDirtiesTables === 'always'],
  [R.tableWalkReads, (profile) => profile.walkDirtiesTables === 'on_change'],
  [R.readOnlyTables, (profile) => profile.readOnlyTables === 'work' && profile.features.readonlyMem],
  [R.partialSplit, emulatesKernel],
  [R.hostProtectionEmulated, emulatesKernel],
  [R.poisonEmulated, (profile) => emulatesKernel(profile) && profile.features.uffdPoison],
  [R.emulatedUpdateReads, emulatesKernel],
  [R.readonlyPoison, (profile) => profile.features.readonlyMem && profile.features.uffdPoison],
  [R.answerPoison, (profile) => profile.features.userfaultfd && profile.features.uffdPoison],
  [R.minorMessage, (profile) => profile.features.uffdMinorShmem],
  [R.answerContinue, (profile) => profile.features.uffdMinorShmem],
  [R.wpMessage, (profile) => profile.features.uffdWp],
  [R.answerUnprotect, (profile) => profile.features.uffdWp],
  [R.answerCopyWp, (profile) => profile.features.uffdWp],
  [R.protectPresent, (profile) => profile.features.uffdWp],
  [R.missingMessage, hasUserfaultfd],
  [R.writeFlag, hasUserfaultfd],
  [R.noMessage, hasUserfaultfd],
  [R.answerCopy, hasUserfaultfd],
  [R.answerZero, hasUserfaultfd],
  [R.withdrawal, hasUserfaultfd],
  [R.unregisterWakes, hasUserfaultfd],
  [R.registerAgain, hasUserfaultfd],
  [R.unregisterClears, hasUserfaultfd],
  [R.ioctlWorks, hasUserfaultfd],
  [R.manualKeeps, (profile) => profile.features.manualProtect],
  [R.clearResets, (profile) => profile.features.manualProtect],
  [R.initiallySet, (profile) => profile.features.manualProtect],
  [R.ringPushes, (profile) => profile.features.dirtyRing],
  [R.ringSilent, (profile) => profile.features.dirtyRing],
  [R.ringRearms, (profile) => profile.features.dirtyRing],
  [R.ringFull, (profile) => profile.features.dirtyRing && profile.ringSoftLimit > 0],
  [R.readonlyWriteExits, hasReadonly],
  [R.readonlyKeeps, hasReadonly],
  [R.readonlyReads, hasReadonly],
  [R.readonlyUpdate, hasReadonly],
  [R.readonlyNoUserfault, hasReadonly],
  [R.readonlyClean, hasReadonly],
  [R.slotReadonlyFixed, hasReadonly],
]);

function emulatesKernel(profile: Profile): boolean {
  return !profile.kernelRunsNatively;
}

function hasUserfaultfd(profile: Profile): boolean {
  return profile.features.userfaultfd;
}

function hasReadonly(profile: Profile): boolean {
  return profile.features.readonlyMem;
}

/** Ids of the rules that a machine with this profile can exercise. */
export function applicableRules(profile: Profile): readonly string[] {
  return STAGE2_RULES.filter((rule) => CONDITIONS.get(rule)?.(profile) ?? true).map(({ id }) => id);
}
