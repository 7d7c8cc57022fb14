/** The guest's page walk: from a test page's virtual address to what is behind it, with its A and D updates. */
import { PTE_BIT } from '../../../scenario/stage2/layout.js';
import { markDirty } from '../dirt.js';
import { touchHost, touchPerhaps } from '../host.js';
import { bitOf, withBit, withoutBit } from '../masked.js';
import { targetOf, type Place, type Target } from '../place.js';
import type { EntryPlace } from '../regions.js';
import { R } from '../rules/index.js';
import { loseTrack } from '../run.js';
import { contentOf, unitOf, type RegionState } from '../state.js';
import type { X86Run } from './run.js';
import { hasOpenBits, mayBeStale } from './stale.js';
import { entryPlaces } from './tables.js';

/** The bits of an entry that hold an address. */
const ADDRESS = 0x000ffffffffff000n;

export interface Intent {
  readonly write: boolean;
  readonly fetch: boolean;
}

export type WalkResult =
  | { readonly kind: 'target'; readonly target: Target }
  | { readonly kind: 'fault'; readonly errorCode: number }
  /** The host refuses the processor's access to a page of the tables. */
  | { readonly kind: 'refused'; readonly poisoned: boolean; readonly table: EntryPlace }
  /** The outcome is open; the run has lost track. */
  | { readonly kind: 'open' };

const OPEN: WalkResult = { kind: 'open' };

function fault(run: X86Run, present: boolean, intent: Intent): WalkResult {
  const errorCode = (present ? 1 : 0) | (intent.write ? 2 : 0) | (run.user ? 4 : 0) | (intent.fetch ? 16 : 0);
  return { kind: 'fault', errorCode };
}

/** The fault of an entry that counts as not present, whatever it holds. */
function notPresent(run: X86Run, intent: Intent): WalkResult {
  run.docket.holds(R.notPresent);
  return fault(run, false, intent);
}

/** Sets A (and D in the leaf of a write) in one entry. False: the update's host access left the outcome open. */
function updateEntry(
  run: X86Run,
  pt: RegionState,
  vcpu: 0 | 1,
  entry: EntryPlace,
  dirty: boolean,
  openBits: boolean,
): void {
  const content = contentOf(pt, entry.page);
  const before = content.word(entry.offset);
  const needsA = bitOf(before, PTE_BIT.accessed) !== true;
  const needsD = dirty && bitOf(before, PTE_BIT.dirty) !== true;
  if (!needsA && !needsD) return;
  const certain =
    !openBits &&
    ((needsA && bitOf(before, PTE_BIT.accessed) === false) || (needsD && bitOf(before, PTE_BIT.dirty) === false));
  if (certain) touchHost(run, pt, entry.page, true, vcpu);
  else touchPerhaps(run, pt, entry.page, vcpu);
  let after = before;
  if (needsA && run.docket.holds(R.accessedSet)) {
    after = openBits ? withoutBit(after, PTE_BIT.accessed) : withBit(after, PTE_BIT.accessed, true);
    run.pending.push({ kind: 'bit', page: entry.page, offset: entry.offset, bit: PTE_BIT.accessed, before: false });
  }
  if (needsD && run.docket.holds(R.dirtySet)) {
    after = openBits ? withoutBit(after, PTE_BIT.dirty) : withBit(after, PTE_BIT.dirty, true);
    run.pending.push({ kind: 'bit', page: entry.page, offset: entry.offset, bit: PTE_BIT.dirty, before: false });
  }
  content.setWord(entry.offset, after);
  markDirty(run, pt, entry.page, R.tableUpdateMarks, certain, vcpu);
}

/** Whether an entry that was dropped and made present again leads to address 0, where no slot is. */
function addressMoved(pt: RegionState, entry: EntryPlace): 'no' | 'zero' | 'unknown' {
  const content = contentOf(pt, entry.page);
  if (content.written.size === 0 && content.bases[0] !== 'zero') return 'no';
  const word = content.word(entry.offset);
  if ((word.known & ADDRESS) !== ADDRESS) return 'unknown';
  const address = word.value & ADDRESS;
  if (address === (content.fill('initial', entry.offset) & ADDRESS)) return 'no';
  return address === 0n ? 'zero' : 'unknown';
}

/** Reads one entry's page as the walker does. Anything but undefined: it cannot be read. */
function readTable(
  run: X86Run,
  pt: RegionState,
  vcpu: 0 | 1,
  table: EntryPlace,
  intent: Intent,
): WalkResult | undefined {
  const walkerWrites = run.profile.walkDirtiesTables === 'always' && !pt.slot.flags.readonly;
  const asWrite = walkerWrites || !run.docket.holds(R.tableWalkReads);
  const result = touchHost(run, pt, table.page, asWrite, vcpu);
  if (result === 'ok') {
    if (walkerWrites) markDirty(run, pt, table.page, R.walkMayMark, false, vcpu);
    return undefined;
  }
  if (run.machine.lost) return OPEN;
  if (!nested(run)) return run.docket.holds(R.tableUnreadable) ? notPresent(run, intent) : undefined;
  if (!run.docket.holds(R.tableFaultsNested)) return notPresent(run, intent);
  return { kind: 'refused', poisoned: result === 'poisoned', table };
}

/** The walk is the processor's, through nested page tables. */
function nested(run: X86Run): boolean {
  return run.native && run.profile.paging === 'tdp';
}

/** The end of a walk that has read these entries. A walk of the processor may have set their A bits; KVM's own has not. */
function ended(run: X86Run, pt: RegionState, vcpu: 0 | 1, read: readonly EntryPlace[], result: WalkResult): WalkResult {
  if (nested(run)) for (const entry of read) mayAccess(run, pt, vcpu, entry);
  return run.machine.lost ? OPEN : result;
}

function mayAccess(run: X86Run, pt: RegionState, vcpu: 0 | 1, { page, offset }: EntryPlace): void {
  const content = contentOf(pt, page);
  const word = content.word(offset);
  if (bitOf(word, PTE_BIT.accessed) === true || !run.docket.holds(R.walkMayAccess)) return;
  const writable = unitOf(pt, page).wp === 'no' && (pt.prot.get(page) ?? 'read_write') === 'read_write';
  if (!writable && run.profile.walkDirtiesTables === 'on_change') loseTrack(run, R.lost);
  content.setWord(offset, withoutBit(word, PTE_BIT.accessed));
  markDirty(run, pt, page, R.incompleteMayMark, false, vcpu);
}

/** Walks the guest's tables for one page of the test window. */
export function walk(run: X86Run, vcpu: 0 | 1, place: Place, page: number, intent: Intent): WalkResult {
  if (place === 'pt') return { kind: 'target', target: targetOf(run, place, page) };
  const { machine } = run;
  const stale = run.native ? mayBeStale(run, place, page) : undefined;
  if (stale !== undefined && loseTrack(run, stale)) return OPEN;
  const pt = machine.region('pt');
  if (pt.slot.flags.readonly && run.profile.readOnlyTables === 'undefined') {
    loseTrack(run, R.lost);
    return OPEN;
  }
  const places = entryPlaces(machine.config, place, page);
  const path = [places.pdpte, places.pde, places.pte];
  let writable = true;
  let reachable = true;
  let atZero = false;
  for (const entry of path) {
    const unread = readTable(run, pt, vcpu, entry, intent);
    if (unread !== undefined) return ended(run, pt, vcpu, path.slice(0, path.indexOf(entry)), unread);
    if (machine.lost) return OPEN;
    const word = contentOf(pt, entry.page).word(entry.offset);
    const present = bitOf(word, PTE_BIT.present);
    const entryWritable = bitOf(word, PTE_BIT.writable);
    if (present === undefined || (present && entryWritable === undefined)) {
      loseTrack(run, R.lost);
      return OPEN;
    }
    if (!present && run.docket.holds(R.notPresent)) {
      return ended(run, pt, vcpu, path.slice(0, path.indexOf(entry)), fault(run, false, intent));
    }
    const moved = addressMoved(pt, entry);
    if (moved === 'unknown' || (moved === 'zero' && entry !== places.pte && run.native)) {
      loseTrack(run, R.lost);
      return OPEN;
    }
    if (moved === 'zero' && entry !== places.pte) return notPresent(run, intent);
    atZero = moved === 'zero';
    writable &&= entryWritable === true;
    reachable &&= !run.user || bitOf(word, PTE_BIT.user) === true;
  }
  const forbidden = !reachable || (intent.write && !writable);
  if (forbidden && run.docket.holds(R.writeProtected)) {
    return ended(run, pt, vcpu, path, fault(run, true, intent));
  }
  const dirties = intent.write || !run.docket.holds(R.readKeepsDirty);
  if (!pt.slot.flags.readonly || !run.docket.holds(R.readOnlyTables)) {
    const openBits = run.native && hasOpenBits(run, place, page);
    for (const entry of path) updateEntry(run, pt, vcpu, entry, dirties && entry === places.pte, openBits);
  }
  if (machine.lost) return OPEN;
  return { kind: 'target', target: atZero ? { kind: 'mmio', gpa: 0 } : targetOf(run, place, page) };
}
