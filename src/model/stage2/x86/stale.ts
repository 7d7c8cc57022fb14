/** When a translation that KVM or the processor cached may still be used although the tables have changed. */
import type { AccessRegion } from '../../../scenario/stage2/steps.js';
import { cachedPage } from '../cached.js';
import type { CachedPage } from '../state.js';
import type { EntryPlace } from '../regions.js';
import type { X86Run } from './run.js';
import { entryPlaces } from './tables.js';

/** When the cached translation of a page certainly went. */
function flushedAt(run: X86Run, cached: Readonly<CachedPage>): number {
  const { allDroppedAt, allFlushedAt } = run.machine;
  return Math.max(cached.droppedAt, allDroppedAt, cached.flushedAt, allFlushedAt);
}

/** A and D of a page's leaf may or may not be set by the next access. */
export function hasOpenBits(run: X86Run, region: AccessRegion, page: number): boolean {
  const cached = cachedPage(run, region, page);
  return cached.bitsClearedAt > flushedAt(run, cached);
}

/** The translation may still be one from before a change that took rights away. */
export function mayBeStale(run: X86Run, region: AccessRegion, page: number): boolean {
  const { machine, profile } = run;
  const cached = cachedPage(run, region, page);
  const flushed = flushedAt(run, cached);
  if (cached.editedAt > flushed) return true;
  if (machine.hostChangedAt.size === 0 && machine.guestEditedAt.size === 0) return false;
  // Shadow page tables follow what the guest writes, not what the host does to the memory of its tables.
  const seen = profile.paging === 'shadow' ? Math.max(cached.droppedAt, machine.allDroppedAt) : flushed;
  const changed = ({ page: table }: EntryPlace): boolean =>
    (machine.hostChangedAt.get(table) ?? -2) > seen || (machine.guestEditedAt.get(table) ?? -2) > flushed;
  const places = entryPlaces(machine.config, region, page);
  return changed(places.pte) || changed(places.pde) || changed(places.pdpte);
}
