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

/** Places of the leaf, PD and PDPT entry that map page `page` of a region. */
export function entryPlaces(
  config: Stage2Config,
  region: AccessRegion,
  page: number,
): Readonly<Record<'pte' | 'pde' | 'pdpte', EntryPlace>> {
  const index = firstIndex(config, region) + page;
  const table = Math.floor(index / ENTRIES);
  return {
    pte: { page: PT_PAGE[region] + table, offset: (index % ENTRIES) * 8 },
    pde: { page: PT_PAGE.pd, offset: (PD_INDEX[region] + table) * 8 },
    pdpte: { page: PT_PAGE.pdpt, offset: 0 },
  };
}

/** The initial words of the `pt` region, by page; words not listed are zero. */
export function initialTables(config: Stage2Config): ReadonlyMap<number, ReadonlyMap<number, bigint>> {
  const tables = new Map<number, Map<number, bigint>>();
  const put = (place: EntryPlace, word: bigint): void => {
    const page = tables.get(place.page) ?? new Map<number, bigint>();
    tables.set(place.page, page.set(place.offset, word));
  };
  const { pteA, pteD, pdeA, pdpteA } = config.initial;
  const leaf = VALID | (pteA ? ACCESSED : 0n) | (pteD ? DIRTY : 0n);
  for (const region of ['data', 'data2', 'none'] as const) {
    for (let page = 0; page < mappedPages(config, region); page++) {
      const places = entryPlaces(config, region, page);
      put(places.pte, BigInt(GPA[region] + (firstIndex(config, region) + page) * PAGE_SIZE) | leaf);
      put(places.pde, BigInt(GPA.pt + places.pte.page * PAGE_SIZE) | VALID | (pdeA ? ACCESSED : 0n));
      put(places.pdpte, BigInt(GPA.pt + PT_PAGE.pd * PAGE_SIZE) | VALID | (pdpteA ? ACCESSED : 0n));
    }
  }
  return tables;
}

/** The fill of one page of a region with a memslot. */
export function fillOf(
  region: SlotRegion,
  page: number,
  tables: ReadonlyMap<number, ReadonlyMap<number, bigint>>,
): Fill {
  if (region === 'pt') {
    const words = tables.get(page);
    return (base: Base, offset) => (base === 'zero' ? 0n : (words?.get(offset) ?? 0n));
  }
  const number = REGION_NUMBER[region];
  return (base, offset) => (base === 'zero' ? 0n : fillWord(FILL_TAG[base], number, page, offset));
}
