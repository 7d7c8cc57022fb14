/** When a translation that KVM or the processor cached may still be used although the tables have changed. */
import type { AccessRegion } from '../../../scenario/stage2/steps.js';
import { cachedPage } from '../cached.js';
import type { CachedPage } from '../state.js';
import type { EntryPlace } from '../regions.js';
import { R, type BookRule } from '../rules/index.js';
import type { X86Run } from './run.js';
import { entryPlaces, type EntryPlaces } from './tables.js';

/**
 * When the host last dropped one of these tables under two-dimensional paging. Whatever came of a table has needed its page to be
 * mapped ever since, so that KVM unmapped it then and flushed all that the processor had cached (kvm_unmap_gfn_range).
 */
function tablesDroppedAt({ machine, profile }: X86Run, tables: readonly EntryPlace[]): number {
  const { hostChangedAt } = machine;
  if (profile.paging === 'shadow' || hostChangedAt.size === 0) return -1;
  return Math.max(...tables.map(({ page }) => hostChangedAt.get(page) ?? -1));
}

/** When the cached translation of a page certainly went. */
function flushedAt(run: X86Run, cached: Readonly<CachedPage>, { pte, pde, pdpte }: EntryPlaces): number {
  const { allDroppedAt, allFlushedAt } = run.machine;
  const tables = tablesDroppedAt(run, [pte, pde, pdpte]);
  return Math.max(cached.droppedAt, allDroppedAt, cached.flushedAt, allFlushedAt, tables);
}

/**
 * When a cached entry of an upper level certainly went. The processor caches these apart, so that under two-dimensional paging it
 * does not matter whether the page that they lead to is mapped.
 */
function upperFlushedAt(run: X86Run, cached: Readonly<CachedPage>, table: EntryPlace): number {
  const { allDroppedAt, allFlushedAt } = run.machine;
  const dropped = run.profile.paging === 'shadow' ? cached.droppedAt : tablesDroppedAt(run, [table]);
  return Math.max(dropped, allDroppedAt, cached.flushedAt, allFlushedAt);
}

/** A and D of a page's leaf may or may not be set by the next access. */
export function hasOpenBits(run: X86Run, region: AccessRegion, page: number): boolean {
  const cached = cachedPage(run, region, page);
  if (cached.bitsClearedAt < 0) return false;
  return cached.bitsClearedAt > flushedAt(run, cached, entryPlaces(run.machine.config, region, page));
}

/** The rule by which the translation may still be one from before a change that took rights away, if it may. */
export function mayBeStale(run: X86Run, region: AccessRegion, page: number): BookRule | undefined {
  const { machine, profile } = run;
  const { hostChangedAt, guestEditedAt } = machine;
  const cached = cachedPage(run, region, page);
  if (cached.editedAt < 0 && hostChangedAt.size === 0 && guestEditedAt.size === 0) return undefined;
  const places = entryPlaces(machine.config, region, page);
  if (cached.editedAt >= 0 && cached.editedAt > flushedAt(run, cached, places)) return R.staleTranslation;
  const { pte, pde, pdpte } = places;
  const edited = (entry: EntryPlace): boolean => {
    const at = guestEditedAt.get(entry.page);
    return at !== undefined && at > upperFlushedAt(run, cached, entry);
  };
  if (edited(pde) || edited(pdpte)) return R.staleTranslation;
  if (profile.paging === 'tdp') return undefined;
  // Shadow page tables follow what the guest writes, not what the host does to the memory of its tables.
  const seen = Math.max(cached.droppedAt, machine.allDroppedAt);
  const changed = ({ page: table }: EntryPlace): boolean => (hostChangedAt.get(table) ?? -2) > seen;
  return changed(pte) || changed(pde) || changed(pdpte) ? R.shadowStale : undefined;
}
