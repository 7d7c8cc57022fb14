/** The processor's walk of the guest's page tables, with what it updates there. */
import { ARM_PTE_BIT } from '../../../scenario/stage2/arch.js';
import type { AccessRegion } from '../../../scenario/stage2/steps.js';
import { markDirty } from '../dirt.js';
import { touchHost, touchPerhaps } from '../host.js';
import { bitOf, withBit, withoutBit } from '../masked.js';
import { targetOf, type Place, type Target } from '../place.js';
import type { EntryPlace } from '../regions.js';
import { R } from '../rules/index.js';
import { loseTrack } from '../run.js';
import { contentOf, type RegionState } from '../state.js';
import type { ArmRun } from './run.js';
import { hasOpenFlag, mayBeStale } from './stale.js';
import type { Fault } from './syndrome.js';
import { entryPlaces } from './tables.js';

/** What a translation is for. */
export interface Intent {
  readonly write: boolean;
  readonly fetch: boolean;
  /** Checked as an access of EL0, wherever it is made. */
  readonly unprivileged: boolean;
  /** What the processor updates where it manages it. */
  readonly updates: 'all' | 'flag' | 'none';
}

export type WalkResult =
  | { readonly kind: 'target'; readonly target: Target }
  | { readonly kind: 'fault'; readonly fault: Fault }
  /** A page table that the host cannot access. */
  | { readonly kind: 'poisoned'; readonly page: number }
  /** An update was refused, and KVM aborts the access. */
  | { readonly kind: 'aborted' }
  /** The outcome is open; the run has lost track. */
  | { readonly kind: 'open' };

/** The bits of a descriptor that hold an address. */
const ADDRESS = 0x0000fffffffff000n;
const LEVELS = [
  ['l1', 1],
  ['l2', 2],
  ['l3', 3],
] as const;

function lose(run: ArmRun): WalkResult {
  loseTrack(run, R.lost);
  return { kind: 'open' };
}

function fault(kind: Fault['kind'], level: Fault['level']): WalkResult {
  return { kind: 'fault', fault: { kind, level } };
}

/** Reads a descriptor's page as the walker does: a page that is not mapped in stage 2 is one that KVM maps for a read. */
function readTable(run: ArmRun, pt: RegionState, vcpu: 0 | 1, entry: EntryPlace): WalkResult | undefined {
  const asWrite = !run.docket.holds(R.walkReads);
  if (touchHost(run, pt, entry.page, asWrite, vcpu) === 'poisoned') return { kind: 'poisoned', page: entry.page };
  if (run.machine.lost) return { kind: 'open' };
  if (run.profile.walkDirtiesTables === 'always') markDirty(run, pt, entry.page, R.walkMayMark, false, vcpu);
  return undefined;
}

/** What a descriptor leads to; undefined: where it led from the start. */
function follow(run: ArmRun, pt: RegionState, entry: EntryPlace, level: 1 | 2 | 3): WalkResult | undefined {
  const content = contentOf(pt, entry.page);
  const word = content.word(entry.offset);
  const valid = bitOf(word, ARM_PTE_BIT.valid);
  if (valid === undefined) return lose(run);
  if (!valid) return run.docket.holds(R.translationFault) ? fault('translation', level) : undefined;
  const table = bitOf(word, ARM_PTE_BIT.page);
  // Above the last level that is a block, which maps memory that no step speaks of.
  if (table === undefined || (!table && level < 3)) return lose(run);
  if (!table) return fault('translation', level);
  const moved = ((word.value ^ content.fill('initial', entry.offset)) & ADDRESS) !== 0n;
  return moved || (word.known & ADDRESS) !== ADDRESS ? lose(run) : undefined;
}

/** What the leaf forbids, before the processor updates it. */
function refusal(run: ArmRun, pt: RegionState, entry: EntryPlace, intent: Intent): WalkResult | undefined {
  const { docket, config } = run;
  const word = contentOf(pt, entry.page).word(entry.offset);
  const accessed = bitOf(word, ARM_PTE_BIT.accessed);
  if (!config.ha && accessed === undefined) return lose(run);
  if (!config.ha && !accessed && docket.holds(R.accessFlagFault)) return fault('accessFlag', 3);
  const asUser = run.user || intent.unprivileged;
  const reachable = !asUser || intent.fetch || bitOf(word, ARM_PTE_BIT.user) === true;
  if (!reachable && docket.holds(R.unprivileged)) return fault('permission', 3);
  if (!intent.write) return undefined;
  const readonly = bitOf(word, ARM_PTE_BIT.readonly);
  const modified = config.hd ? bitOf(word, ARM_PTE_BIT.dbm) : false;
  if (readonly === false || modified === true) return undefined;
  if (readonly === undefined || modified === undefined) return lose(run);
  return docket.holds(R.permissionFault) ? fault('permission', 3) : undefined;
}

/** The access flag of a leaf that refused the access: the processor may have set it all the same. */
function mayUpdate(run: ArmRun, pt: RegionState, vcpu: 0 | 1, entry: EntryPlace, intent: Intent): void {
  if (!run.config.ha || intent.updates === 'none' || pt.slot.flags.readonly) return;
  const content = contentOf(pt, entry.page);
  const word = content.word(entry.offset);
  if (bitOf(word, ARM_PTE_BIT.accessed) === true || !run.docket.holds(R.stateMayUpdate)) return;
  content.setWord(entry.offset, withoutBit(word, ARM_PTE_BIT.accessed));
  markDirty(run, pt, entry.page, R.tableUpdateMarks, false, vcpu);
}

/** Sets the access flag, and for a write makes a leaf with DBM writable. */
function update(
  run: ArmRun,
  pt: RegionState,
  vcpu: 0 | 1,
  entry: EntryPlace,
  intent: Intent,
  open: boolean,
): WalkResult | undefined {
  const { docket, config, pending } = run;
  const content = contentOf(pt, entry.page);
  const before = content.word(entry.offset);
  const accessed = bitOf(before, ARM_PTE_BIT.accessed);
  const readonly = bitOf(before, ARM_PTE_BIT.readonly);
  const needsFlag = config.ha && accessed !== true;
  const modifies = config.hd && bitOf(before, ARM_PTE_BIT.dbm) === true;
  const needsState = modifies && readonly !== false && (intent.write || !docket.holds(R.readKeepsState));
  if (!needsFlag && !needsState) return undefined;
  const stateIsCertain = needsState && readonly === true && intent.updates === 'all';
  const certain = !open && ((needsFlag && accessed === false) || stateIsCertain);
  if (pt.slot.flags.readonly && !certain) return lose(run);
  if (pt.slot.flags.readonly && docket.holds(R.walkAbort)) return { kind: 'aborted' };
  if (certain) touchHost(run, pt, entry.page, true, vcpu);
  else touchPerhaps(run, pt, entry.page, vcpu);
  if (run.machine.lost) return { kind: 'open' };
  const { page, offset } = entry;
  let after = before;
  if (needsFlag && docket.holds(R.accessFlagSet)) {
    after = open ? withoutBit(after, ARM_PTE_BIT.accessed) : withBit(after, ARM_PTE_BIT.accessed, true);
    pending.push({ kind: 'bit', page, offset, bit: ARM_PTE_BIT.accessed, before: false });
  }
  if (needsState && docket.holds(R.dirtyState)) {
    // Whether a translation without an access counts is not fixed.
    after =
      intent.updates === 'all' ? withBit(after, ARM_PTE_BIT.readonly, false) : withoutBit(after, ARM_PTE_BIT.readonly);
    pending.push({ kind: 'bit', page, offset, bit: ARM_PTE_BIT.readonly, before: true });
  }
  content.setWord(offset, after);
  markDirty(run, pt, page, R.tableUpdateMarks, certain, vcpu);
  return undefined;
}

/** Walks the guest's tables for one page of the test window. */
function walkTables(run: ArmRun, vcpu: 0 | 1, region: AccessRegion, page: number, intent: Intent): WalkResult {
  if (mayBeStale(run, region, page) && loseTrack(run, R.staleTranslation)) return { kind: 'open' };
  const pt = run.machine.region('pt');
  const places = entryPlaces(run.config, region, page);
  for (const [name, level] of LEVELS) {
    const ended = readTable(run, pt, vcpu, places[name]) ?? follow(run, pt, places[name], level);
    if (ended !== undefined) return ended;
  }
  if (pt.slot.flags.readonly && !run.docket.holds(R.walkReadOnly)) return { kind: 'aborted' };
  const refused = refusal(run, pt, places.l3, intent);
  if (refused !== undefined) {
    if (refused.kind === 'fault' && refused.fault.kind === 'permission') mayUpdate(run, pt, vcpu, places.l3, intent);
    return refused;
  }
  const open = run.config.ha && hasOpenFlag(run, region, page);
  const ended = intent.updates !== 'none' ? update(run, pt, vcpu, places.l3, intent, open) : undefined;
  return ended ?? { kind: 'target', target: targetOf(run, region, page) };
}

/** Translates a page; the alias of the page tables is always mapped. */
export function walk(run: ArmRun, vcpu: 0 | 1, place: Place, page: number, intent: Intent): WalkResult {
  if (place === 'pt') return { kind: 'target', target: targetOf(run, place, page) };
  return walkTables(run, vcpu, place, page, intent);
}
