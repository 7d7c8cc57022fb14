/** What an operand can be aimed at, and what answers there. */
import type { AccessRegion } from '../../scenario/stage2/steps.js';
import { firstIndex, mappedPages } from './regions.js';
import type { Run } from './run.js';
import { homeGpa, type RegionState } from './state.js';

/** A page that an access is aimed at; `pt` through its alias, which is always mapped. */
export type Place = AccessRegion | 'pt';

/** Memory of a slot, or a guest-physical address that no slot answers at. */
export type Target =
  | { readonly kind: 'ram'; readonly region: RegionState; readonly page: number }
  | { readonly kind: 'mmio'; readonly gpa: number };

/** What answers at the guest-physical address that a region's page is mapped to. */
export function targetOf(run: Run, place: Place, page: number): Target {
  if (place === 'none') return { kind: 'mmio', gpa: homeGpa('none', page) };
  const region = run.machine.region(place);
  if (region.slot.exists && !region.slot.away) return { kind: 'ram', region, page };
  return { kind: 'mmio', gpa: homeGpa(place, region.first + page) };
}

/** Whether a page index lies in the part of a region that the guest has mapped. */
export function isMapped(run: Run, place: Place, page: number): boolean {
  return place === 'pt' || page < mappedPages(run.machine.config, place);
}

/** Index of a region's page from its aligned base, as addresses count. */
export function pageIndex(run: Run, place: Place, page: number): number {
  return place === 'pt' ? page : firstIndex(run.machine.config, place) + page;
}
