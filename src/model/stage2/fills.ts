import type { Stage2Config } from '../../scenario/stage2/config.js';
import { FILL_TAG, fillWord, GPA, PAGE_SIZE, PD_INDEX, PT_PAGE, PTE_BIT } from '../../scenario/stage2/layout.js';
import type { AccessRegion, SlotRegion } from '../../scenario/stage2/steps.js';
import type { Base, Fill } from './content.js';

/** Region numbers in fill words: the positions in the wire format's region enumeration. */
const REGION_NUMBER = { pt: 1, data: 2, data2: 3 } as const;

const ENTRIES = PAGE_SIZE / 8;
const VALID = (1n << BigInt(PTE_BIT.present)) | (1n << BigInt(PTE_BIT.writable)) | (1n << BigInt(PTE_BIT.user));
const ACCESSED = 1n << BigInt(PTE_BIT.accessed);
const DIRTY = 1n << BigInt(PTE_BIT.dirty);

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

/** Places of the entries at the three levels below the PML4 that map one page. */
export type EntryPlaces = Readonly<Record<'pte' | 'pde' | 'pdpte', EntryPlace>>;

/** Places by region and index of the page; they depend on nothing else, so each is made once. */
const PLACES = { data: [] as EntryPlaces[], data2: [] as EntryPlaces[], none: [] as EntryPlaces[] };

/** Places of the leaf, PD and PDPT entry that map page `page` of a region. */
export function entryPlaces(config: Stage2Config, region: AccessRegion, page: number): EntryPlaces {
  const index = firstIndex(config, region) + page;
  const known = PLACES[region][index];
  if (known !== undefined) return known;
  const table = Math.floor(index / ENTRIES);
  const places = {
    pte: { page: PT_PAGE[region] + table, offset: (index % ENTRIES) * 8 },
    pde: { page: PT_PAGE.pd, offset: (PD_INDEX[region] + table) * 8 },
    pdpte: { page: PT_PAGE.pdpt, offset: 0 },
  };
  PLACES[region][index] = places;
  return places;
}

const REGIONS = ['data', 'data2', 'none'] as const;

/** Index of the first entry of a table page's region, and the region; undefined for the PD and the PDPT. */
function regionOfTable(table: number): { region: AccessRegion; firstEntry: number } | undefined {
  const region = REGIONS.findLast((name) => table >= PT_PAGE[name]);
  return region && { region, firstEntry: (table - PT_PAGE[region]) * ENTRIES };
}

/** Whether the guest has a page of the region mapped by the table that PD entry `pdIndex` leads to. */
function tableInUse(config: Stage2Config, region: AccessRegion, table: number): boolean {
  const first = firstIndex(config, region);
  const last = first + mappedPages(config, region) - 1;
  return last >= first && Math.floor(first / ENTRIES) <= table && table <= Math.floor(last / ENTRIES);
}

/** The word that a page of the `pt` region holds at the start. */
function initialEntry(config: Stage2Config, table: number, offset: number): bigint {
  const { pteA, pteD, pdeA, pdpteA } = config.initial;
  const entry = offset / 8;
  if (table === PT_PAGE.pdpt) {
    return entry === 0 ? BigInt(GPA.pt + PT_PAGE.pd * PAGE_SIZE) | VALID | (pdpteA ? ACCESSED : 0n) : 0n;
  }
  if (table === PT_PAGE.pd) {
    const region = REGIONS.findLast((name) => entry >= PD_INDEX[name]) ?? 'data';
    const number = entry - PD_INDEX[region];
    if (number > 1 || !tableInUse(config, region, number)) return 0n;
    return BigInt(GPA.pt + (PT_PAGE[region] + number) * PAGE_SIZE) | VALID | (pdeA ? ACCESSED : 0n);
  }
  const home = regionOfTable(table);
  if (home === undefined) return 0n;
  const index = home.firstEntry + entry;
  const page = index - firstIndex(config, home.region);
  if (page < 0 || page >= mappedPages(config, home.region)) return 0n;
  return BigInt(GPA[home.region] + index * PAGE_SIZE) | VALID | (pteA ? ACCESSED : 0n) | (pteD ? DIRTY : 0n);
}

/** The fill of one page of a region with a memslot. */
export function fillOf(config: Stage2Config, region: SlotRegion, page: number): Fill {
  if (region === 'pt') return (base: Base, offset) => (base === 'zero' ? 0n : initialEntry(config, page, offset));
  const number = REGION_NUMBER[region];
  return (base, offset) => (base === 'zero' ? 0n : fillWord(FILL_TAG[base], number, page, offset));
}
