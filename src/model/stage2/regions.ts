/** Sizes and numbers of the regions, as both the page tables and the interpreter count them. */
import type { Stage2Config } from '../../scenario/stage2/config.js';
import type { AccessRegion } from '../../scenario/stage2/steps.js';

/** Region numbers in fill words: the positions in the wire format's region enumeration. */
export const REGION_NUMBER = { pt: 1, data: 2, data2: 3, none: 4, scratch: 5 } as const;

/** Where a page's entry is: page of the `pt` region and offset in it. */
export interface EntryPlace {
  readonly page: number;
  readonly offset: number;
}

/** First page of a region counted from its 2 MiB aligned base. */
export function firstIndex(config: Stage2Config, region: AccessRegion): number {
  if (region === 'none') return 0;
  return config[region]?.offsetPages ?? 0;
}

/** Pages that the guest has mapped of a region; 0 if the region is absent. */
export function mappedPages(config: Stage2Config, region: AccessRegion): number {
  return config[region]?.pages ?? 0;
}

/** Whether any page that the guest has mapped of a region is mapped by its table number `table`, each of `entries` pages. */
export function tableInUse(config: Stage2Config, region: AccessRegion, table: number, entries: number): boolean {
  const first = firstIndex(config, region);
  const last = first + mappedPages(config, region) - 1;
  return last >= first && Math.floor(first / entries) <= table && table <= Math.floor(last / entries);
}
