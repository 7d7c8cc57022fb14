/** The guest's page walk: from a test page's virtual address to what is behind it, with its A and D updates. */
import { PTE_BIT } from '../../../scenario/stage2/layout.js';
import { markDirty } from '../dirt.js';
import { touchHost, touchPerhaps } from '../host.js';
import { bitOf, withBit, withoutBit } from '../masked.js';
import { targetOf, type Place, type Target } from '../place.js';
import type { EntryPlace } from '../regions.js';
import { R } from '../rules/index.js';
import { loseTrack } from '../run.js';
import { contentOf, type RegionState } from '../state.js';
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
  /** The outcome is open; the run has lost track. */
  | { readonly kind: 'open' };

const OPEN: WalkResult = { kind: 'open' };

function errorCode(run: X86Run, present: boolean, intent: Intent): number {
  return (present ? 1 : 0) | (intent.write ? 2 : 0) | (run.user ? 4 : 0) | (intent.fetch ? 16 : 0);
}

/** The fault of an entry that counts as not present, whatever it holds. */
function notPresent(run: X86Run, intent: Intent): WalkResult {
  run.docket.holds(R.notPresent);
  return { kind: 'fault', errorCode: errorCode(run, false, intent) };
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

/** Reads one entry's page as the walker does. False: it cannot be read. */
function readTable(run: X86Run, pt: RegionState, vcpu: 0 | 1, entry: EntryPlace): boolean {
  const walkerWrites = run.profile.walkDirtiesTables === 'always' && !pt.slot.flags.readonly;
  const asWrite = walkerWrites || !run.docket.holds(R.tableWalkReads);
  if (touchHost(run, pt, entry.page, asWrite, vcpu) !== 'ok') return !run.docket.holds(R.tableUnreadable);
  if (walkerWrites) markDirty(run, pt, entry.page, R.walkMayMark, false, vcpu);
  return true;
}

/** Walks the guest's tables for one page of the test window. */
export function walk(run: X86Run, vcpu: 0 | 1, place: Place, page: number, intent: Intent): WalkResult {
  if (place === 'pt') return { kind: 'target', target: targetOf(run, place, page) };
  const { machine } = run;
  if (run.native && mayBeStale(run, place, page) && loseTrack(run, R.staleTranslation)) return OPEN;
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
    if (!readTable(run, pt, vcpu, entry)) return notPresent(run, intent);
    if (machine.lost) return OPEN;
    const word = contentOf(pt, entry.page).word(entry.offset);
    const present = bitOf(word, PTE_BIT.present);
    const entryWritable = bitOf(word, PTE_BIT.writable);
    if (present === undefined || (present && entryWritable === undefined)) {
      loseTrack(run, R.lost);
      return OPEN;
    }
    if (!present && run.docket.holds(R.notPresent)) return { kind: 'fault', errorCode: errorCode(run, false, intent) };
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
    return { kind: 'fault', errorCode: errorCode(run, true, intent) };
  }
  const dirties = intent.write || !run.docket.holds(R.readKeepsDirty);
  if (!pt.slot.flags.readonly || !run.docket.holds(R.readOnlyTables)) {
    const openBits = run.native && hasOpenBits(run, place, page);
    for (const entry of path) updateEntry(run, pt, vcpu, entry, dirties && entry === places.pte, openBits);
  }
  if (machine.lost) return OPEN;
  return { kind: 'target', target: atZero ? { kind: 'mmio', gpa: 0 } : targetOf(run, place, page) };
}
