import type { X86Profile } from '../../../scenario/profile.js';
import type { X86Op } from '../../../scenario/stage2/ops.js';
import { R, type BookRule } from '../rules/index.js';

/** Bytes of the widest store of all machines. */
const WIDEST_STORE = 16;

/** Rules that need something of an x86_64 machine, beside what they need of any. */
export const X86_CONDITIONS: ReadonlyMap<BookRule, (profile: X86Profile) => boolean> = new Map([
  [R.guestEditEmulated, emulatesKernel],
  [R.tableWalkReads, (profile) => profile.walkDirtiesTables === 'on_change'],
  [R.tableUnreadable, (profile) => profile.paging === 'shadow' || emulatesKernel(profile)],
  [R.tableFaultsNested, walksNested],
  [R.walkMayAccess, walksNested],
  [R.syncMayMark, (profile) => profile.paging === 'shadow'],
  [R.shadowStale, (profile) => profile.paging === 'shadow'],
  [R.readOnlyTables, (profile) => profile.readOnlyTables === 'work' && profile.features.readonlyMem],
  [R.partialSplit, emulatesKernel],
  [R.hostProtectionEmulated, emulatesKernel],
  [R.poisonEmulated, (profile) => emulatesKernel(profile) && profile.features.uffdPoison],
  [R.emulatedUpdateReads, emulatesKernel],
  [R.ringEmulatedPush, (profile) => emulatesKernel(profile) && profile.features.dirtyRing],
  [R.clflushLoads, (profile) => profile.clflushLoads || emulatesKernel(profile)],
  [R.clflushIdle, (profile) => !profile.clflushLoads],
  [R.updateReadsFirst, (profile) => profile.atomicFaults === 'read_first'],
  [R.updateWritesAtOnce, (profile) => profile.atomicFaults === 'write_at_once'],
  [R.tornStore, (profile) => profile.storesAtOnce < WIDEST_STORE],
  [R.cachedBeforeRights, (profile) => profile.mmioBeforeRights],
  [R.faultAddressTrusted, (profile) => walksNested(profile) && profile.atomicFaults === 'read_first'],
  [R.undecoded, (profile) => isUndecoded(profile, 'cmpxchg16b')],
  [R.undecodedVector, (profile) => isUndecoded(profile, 'avx_store')],
  [R.undecodedUser, (profile) => profile.ops.fetch.user.mmio === 'invalid_opcode'],
]);

function emulatesKernel(profile: X86Profile): boolean {
  return !profile.kernelRunsNatively;
}

/** Every walk is the processor's, through nested page tables. */
function walksNested(profile: X86Profile): boolean {
  return profile.paging === 'tdp' && profile.kernelRunsNatively;
}

function isUndecoded({ ops }: X86Profile, op: X86Op): boolean {
  const { user, kernel } = ops[op];
  return user.mmio === 'undecoded' || user.mmio === 'invalid_opcode' || kernel.memory === 'undecoded';
}
