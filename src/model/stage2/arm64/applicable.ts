import type { ArmProfile } from '../../../scenario/profile.js';
import { R, type BookRule } from '../rules/index.js';

/** Rules that need something of an aarch64 machine, beside what they need of any. */
export const ARM_CONDITIONS: ReadonlyMap<BookRule, (profile: ArmProfile) => boolean> = new Map([
  [R.accessFlagSet, managesAccessFlag],
  [R.atAccessFlag, managesAccessFlag],
  [R.prefetchMayTranslate, managesAccessFlag],
  [R.stateMayUpdate, managesAccessFlag],
  [R.walkAbort, (profile) => managesAccessFlag(profile) && profile.features.readonlyMem],
  [R.tableUpdateMarks, managesAccessFlag],
  [R.dirtyState, managesState],
  [R.readKeepsState, managesState],
  [R.walkReadOnly, (profile) => profile.features.readonlyMem],
  [R.walkReads, (profile) => profile.features.userfaultfd],
  [R.maintenanceLoads, (profile) => profile.maintenanceLoads],
  [R.maintenanceIdle, (profile) => !profile.maintenanceLoads],
  [R.maintenanceMayWrite, (profile) => profile.maintenanceLoads],
  // A processor enters a page once until it is reset, and scenarios have fewer pages than a ring has entries.
  [R.ringFull, () => false],
  [R.failedCas, hasAtomics],
  [R.atomicOldValue, hasAtomics],
  [R.atomicReadsFirst, (profile) => hasAtomics(profile) && profile.atomicFaults === 'read_first'],
  [R.atomicWritesAtOnce, (profile) => hasAtomics(profile) && profile.atomicFaults === 'write_at_once'],
]);

function managesAccessFlag(profile: ArmProfile): boolean {
  return profile.features.hardwareAccessFlag;
}

function managesState(profile: ArmProfile): boolean {
  return profile.features.hardwareDirty;
}

function hasAtomics(profile: ArmProfile): boolean {
  return profile.features.lse;
}
