import type { Stage2Profile } from '../../scenario/profile.js';
import { ARM_CONDITIONS } from './arm64/applicable.js';
import { R, STAGE2_RULES, type BookRule } from './rules/index.js';
import { X86_CONDITIONS } from './x86/applicable.js';

/** Rules that need something of the machine, and the test for it. Rules not listed hold everywhere. */
const CONDITIONS: ReadonlyMap<BookRule, (profile: Stage2Profile) => boolean> = new Map([
  [R.walkMayMark, (profile) => profile.walkDirtiesTables === 'always'],
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
  [R.unregisterWakesOthers, (profile) => profile.features.uffdWp && !profile.uffdUnregisterWakesAll],
  [R.registerKeepsWp, (profile) => profile.features.uffdWp && !profile.uffdDropsWp],
  [R.protectOneMapping, (profile) => profile.features.uffdWp && !profile.uffdWpSpansMappings],
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

function hasUserfaultfd(profile: Stage2Profile): boolean {
  return profile.features.userfaultfd;
}

function hasReadonly(profile: Stage2Profile): boolean {
  return profile.features.readonlyMem;
}

/** Whether a machine can exercise what is special to its architecture about a rule. */
function hasOwnNeeds(rule: BookRule, profile: Stage2Profile): boolean {
  if (profile.arch === 'x86_64') return X86_CONDITIONS.get(rule)?.(profile) ?? true;
  return ARM_CONDITIONS.get(rule)?.(profile) ?? true;
}

/** Ids of the rules that a machine with this profile can exercise. */
export function applicableRules(profile: Stage2Profile): readonly string[] {
  const applies = (rule: BookRule): boolean =>
    (rule.arch === undefined || rule.arch === profile.arch) &&
    (CONDITIONS.get(rule)?.(profile) ?? true) &&
    hasOwnNeeds(rule, profile);
  return STAGE2_RULES.filter(applies).map(({ id }) => id);
}
