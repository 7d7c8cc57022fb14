/** What may be cached of the guest's translations, and what makes certain that it is not. */
import type { AccessRegion } from '../../scenario/stage2/steps.js';
import { entryPlaces, REGION_NUMBER, type EntryPlace } from './fills.js';
import type { Run } from './run.js';
import type { CachedPage, RegionState } from './state.js';

/** Nothing happened to the page yet. */
const never = (): CachedPage => ({ droppedAt: -1, flushedAt: -1, editedAt: -1, openBits: false });
const NEVER: Readonly<CachedPage> = never();

/** More than any region's pages, with the one behind that an operand may reach into. */
const STRIDE = 1024;

function keyOf(region: AccessRegion, page: number): number {
  return REGION_NUMBER[region] * STRIDE + page;
}

function cachedOf(run: Run, region: AccessRegion, page: number): CachedPage {
  const key = keyOf(region, page);
  let cached = run.machine.cached.get(key);
  if (cached === undefined) {
    cached = never();
    run.machine.cached.set(key, cached);
  }
  return cached;
}

/** KVM is told that the host's mapping of these pages changed: of data its translations are gone, of page tables they may be stale. */
export function dropCached(run: Run, region: RegionState, page: number, pages: number): void {
  const { machine } = run;
  for (let at = page; at < Math.min(page + pages, region.pages); at++) {
    if (region.name === 'pt') machine.hostChangedAt.set(at, machine.tick);
    else {
      const cached = cachedOf(run, region.name, at);
      cached.droppedAt = machine.tick;
      cached.openBits = false;
    }
  }
}

/** KVM dropped every translation that it had cached. */
export function dropAllCached(run: Run): void {
  run.machine.allDroppedAt = run.machine.tick;
  clearOpenBits(run);
}

/** The guest flushed one page, or everything. */
export function flushCached(run: Run, region: AccessRegion, page: number, all: boolean): void {
  if (!all) {
    const cached = cachedOf(run, region, page);
    cached.flushedAt = run.machine.tick;
    cached.openBits = false;
    return;
  }
  run.machine.allFlushedAt = run.machine.tick;
  clearOpenBits(run);
}

function clearOpenBits(run: Run): void {
  for (const cached of run.machine.cached.values()) cached.openBits = false;
}

/** The guest edited the leaf of a page. */
export function noteLeafEdit(run: Run, region: AccessRegion, page: number, edit: 'rights' | 'bits'): void {
  const cached = cachedOf(run, region, page);
  if (edit === 'rights') cached.editedAt = run.machine.tick;
  else cached.openBits = true;
}

/** A and D of a page's leaf may or may not be set by the next access. */
export function hasOpenBits(run: Run, region: AccessRegion, page: number): boolean {
  return run.machine.cached.get(keyOf(region, page))?.openBits === true;
}

/** The translation may still be one from before a change that took rights away. */
export function mayBeStale(run: Run, region: AccessRegion, page: number): boolean {
  const { machine, profile } = run;
  const cached = machine.cached.get(keyOf(region, page)) ?? NEVER;
  const dropped = Math.max(cached.droppedAt, machine.allDroppedAt);
  const flushed = Math.max(dropped, cached.flushedAt, machine.allFlushedAt);
  if (cached.editedAt > flushed) return true;
  if (machine.hostChangedAt.size === 0 && machine.guestEditedAt.size === 0) return false;
  // Shadow page tables follow what the guest writes, not what the host does to the memory of its tables.
  const seen = profile.paging === 'shadow' ? dropped : flushed;
  const changed = ({ page: table }: EntryPlace): boolean =>
    (machine.hostChangedAt.get(table) ?? -2) > seen || (machine.guestEditedAt.get(table) ?? -2) > flushed;
  const places = entryPlaces(machine.config, region, page);
  return changed(places.pte) || changed(places.pde) || changed(places.pdpte);
}
