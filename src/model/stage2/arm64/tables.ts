/** The guest's page tables: where the entries of a page are, and what the tables hold at the start. */
import {
  ARM_GVA,
  ARM_LEAF_ATTRIBUTES,
  ARM_PTE_BIT,
  ARM_TABLES,
  entryPlace,
  GRANULE_PAGES,
  type Granule,
} from '../../../scenario/stage2/arch.js';
import type { ArmConfig } from '../../../scenario/stage2/config.js';
import { GPA, PAGE_SIZE } from '../../../scenario/stage2/layout.js';
import { ACCESS_REGIONS, type AccessRegion } from '../../../scenario/stage2/steps.js';
import { firstIndex, mappedPages, type EntryPlace } from '../regions.js';

/** Places of the entries at the three levels that map one page, from the leaf up. */
export type EntryPlaces = Readonly<Record<'l3' | 'l2' | 'l1', EntryPlace>>;

const bit = (number: number): bigint => 1n << BigInt(number);
/** A table descriptor; at the last level the same bits make a page descriptor. */
const TABLE = bit(ARM_PTE_BIT.valid) | bit(ARM_PTE_BIT.page);

/** Places by granule, region and index of the page; they depend on nothing else, so each is made once. */
const PLACES: Readonly<Record<Granule, Record<AccessRegion, EntryPlaces[]>>> = {
  '4k': { data: [], data2: [], none: [] },
  '16k': { data: [], data2: [], none: [] },
  '64k': { data: [], data2: [], none: [] },
};

/** Index of an address in the table of a level. */
function indexAt(granule: Granule, level: 'l1' | 'l2' | 'l3', address: number): number {
  const { shift, entries } = ARM_TABLES[granule];
  return Math.floor(address / 2 ** shift[level]) % entries;
}

/** Page of `pt` at which the leaf table for an address begins. Leaf tables follow each other as their entries at level 2 do. */
function leafTable(granule: Granule, region: AccessRegion, address: number): number {
  const nth = indexAt(granule, 'l2', address) - indexAt(granule, 'l2', ARM_GVA[region]);
  return ARM_TABLES[granule].l3[region] + nth * GRANULE_PAGES[granule];
}

function placesOf(granule: Granule, region: AccessRegion, index: number): EntryPlaces {
  const { l1, l2 } = ARM_TABLES[granule];
  const address = ARM_GVA[region] + index * PAGE_SIZE;
  return {
    l3: entryPlace(leafTable(granule, region, address), indexAt(granule, 'l3', address)),
    l2: entryPlace(l2, indexAt(granule, 'l2', address)),
    l1: entryPlace(l1, indexAt(granule, 'l1', address)),
  };
}

/** Places of the leaf and the two table descriptors that map page `page` of a region. */
export function entryPlaces(config: ArmConfig, region: AccessRegion, page: number): EntryPlaces {
  const index = firstIndex(config, region) + page;
  const places = PLACES[config.granule][region];
  return (places[index] ??= placesOf(config.granule, region, index));
}

/** Bits of every leaf at the start. */
function leafBits({ initial, privilege }: ArmConfig): bigint {
  return (
    BigInt(ARM_LEAF_ATTRIBUTES) |
    TABLE |
    (initial.af ? bit(ARM_PTE_BIT.accessed) : 0n) |
    (initial.writable ? 0n : bit(ARM_PTE_BIT.readonly)) |
    (privilege === 'user' ? bit(ARM_PTE_BIT.user) : 0n) |
    (initial.dbm ? bit(ARM_PTE_BIT.dbm) : 0n)
  );
}

/** What page `table` of the `pt` region holds at the start: the words that are not zero. */
function pageOf(config: ArmConfig, table: number): ReadonlyMap<number, bigint> {
  const { granule } = config;
  const words = new Map<number, bigint>();
  const put = (place: EntryPlace, word: bigint): void => {
    if (place.page === table) words.set(place.offset, word);
  };
  const tableAt = (page: number): bigint => BigInt(GPA.pt + page * PAGE_SIZE) | TABLE;
  const leaf = leafBits(config);
  for (const region of ACCESS_REGIONS) {
    const first = firstIndex(config, region);
    for (let page = 0; page < mappedPages(config, region); page += GRANULE_PAGES[granule]) {
      const places = entryPlaces(config, region, page);
      const address = ARM_GVA[region] + (first + page) * PAGE_SIZE;
      put(places.l1, tableAt(ARM_TABLES[granule].l2));
      put(places.l2, tableAt(leafTable(granule, region, address)));
      put(places.l3, BigInt(GPA[region] + (first + page) * PAGE_SIZE) | leaf);
    }
  }
  return words;
}

/** What page `table` of the `pt` region holds at the start, by offset. */
export function tableWords(config: ArmConfig, table: number): (offset: number) => bigint {
  let words: ReadonlyMap<number, bigint> | undefined;
  return (offset) => (words ??= pageOf(config, table)).get(offset) ?? 0n;
}

/** First page of those that one leaf maps. */
export function leafPage(config: ArmConfig, page: number): number {
  return page - (page % GRANULE_PAGES[config.granule]);
}
