/** When a translation that a TLB holds may still be used although the tables have changed. */
import type { AccessRegion } from '../../../scenario/stage2/steps.js';
import { cachedPage } from '../cached.js';
import type { EntryPlace } from '../regions.js';
import type { CachedPage } from '../state.js';
import type { ArmRun } from './run.js';
import { entryPlaces, leafPage, type EntryPlaces } from './tables.js';

/**
 * When the translation of a page certainly went. KVM invalidates all of a VM's stage-1 translations when it unmaps a page
 * (arch/arm64/kvm/hyp, __kvm_tlb_flush_vmid_ipa), which it does when the host drops one of the page's tables. It need not when
 * the host drops the page itself: that may not be mapped, and its stage-1 translation be cached all the same.
 */
function flushedAt({ machine }: ArmRun, cached: Readonly<CachedPage>, { l1, l2, l3 }: EntryPlaces): number {
  const dropped = ({ page }: EntryPlace): number => machine.hostChangedAt.get(page) ?? -1;
  const tables = machine.hostChangedAt.size === 0 ? -1 : Math.max(dropped(l1), dropped(l2), dropped(l3));
  return Math.max(cached.flushedAt, machine.allFlushedAt, tables);
}

/** The access flag of a page's leaf may or may not be set by the next access: its translation may be cached. */
export function hasOpenFlag(run: ArmRun, region: AccessRegion, page: number): boolean {
  const cached = cachedPage(run, region, leafPage(run.config, page));
  return cached.bitsClearedAt > flushedAt(run, cached, entryPlaces(run.config, region, page));
}

/** The translation may still be one from before a change that needs a flush. */
export function mayBeStale(run: ArmRun, region: AccessRegion, page: number): boolean {
  const { guestEditedAt } = run.machine;
  const cached = cachedPage(run, region, leafPage(run.config, page));
  if (cached.editedAt < 0 && guestEditedAt.size === 0) return false;
  const places = entryPlaces(run.config, region, page);
  const flushed = flushedAt(run, cached, places);
  const edited = ({ page: table }: EntryPlace): boolean => (guestEditedAt.get(table) ?? -2) > flushed;
  return cached.editedAt > flushed || edited(places.l2) || edited(places.l1);
}
