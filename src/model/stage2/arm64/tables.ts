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
const ENTRY_BYTES = 8;

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

/** Guest-virtual addresses of the mapped pages of a region. */
function mappedRange(config: ArmConfig, region: AccessRegion): { readonly start: number; readonly end: number } {
  const start = ARM_GVA[region] + firstIndex(config, region) * PAGE_SIZE;
  return { start, end: start + mappedPages(config, region) * PAGE_SIZE };
}

/** The region of which some mapped page lies in a range of addresses. */
function regionIn(config: ArmConfig, from: number, bytes: number): AccessRegion | undefined {
  return ACCESS_REGIONS.find((region) => {
    const { start, end } = mappedRange(config, region);
    return start < from + bytes && from < end;
  });
}

/** The words of a page of a table, by offset. */
type Words = (offset: number) => bigint;

function tableAt(page: number): bigint {
  return BigInt(GPA.pt + page * PAGE_SIZE) | TABLE;
}

/** Index of the entry at an offset of the `nth` page of a table. */
function indexOf(nth: number, offset: number): number {
  return (nth * PAGE_SIZE + offset) / ENTRY_BYTES;
}

function level1(config: ArmConfig, nth: number): Words {
  const { granule } = config;
  const wanted = indexAt(granule, 'l1', ARM_GVA.data);
  const word = tableAt(ARM_TABLES[granule].l2);
  return (offset) => (indexOf(nth, offset) === wanted ? word : 0n);
}

/** Address at which the first leaf table begins to translate. */
function windowStart(span: number): number {
  return Math.floor(ARM_GVA.data / span) * span;
}

function level2(config: ArmConfig, nth: number): Words {
  const { granule } = config;
  const { l3, shift } = ARM_TABLES[granule];
  const first = indexAt(granule, 'l2', ARM_GVA.data);
  const span = 2 ** shift.l2;
  return (offset) => {
    const table = indexOf(nth, offset) - first;
    if (table < 0 || regionIn(config, windowStart(span) + table * span, span) === undefined) return 0n;
    return tableAt(l3.data + table * GRANULE_PAGES[granule]);
  };
}

function leaves(config: ArmConfig, nth: number): Words {
  const { l2, l3 } = ARM_TABLES[config.granule].shift;
  const bits = leafBits(config);
  return (offset) => {
    const address = windowStart(2 ** l2) + indexOf(nth, offset) * 2 ** l3;
    const region = regionIn(config, address, 1);
    return region === undefined ? 0n : BigInt(GPA[region] + address - ARM_GVA[region]) | bits;
  };
}

/** What page `page` of the `pt` region holds at the start, by offset. */
export function tableWords(config: ArmConfig, page: number): Words {
  const { l1, l2, l3 } = ARM_TABLES[config.granule];
  if (page >= l3.data) return leaves(config, page - l3.data);
  return page >= l2 ? level2(config, page - l2) : level1(config, page - l1);
}

/** First page of those that one leaf maps. */
export function leafPage(config: ArmConfig, page: number): number {
  return page - (page % GRANULE_PAGES[config.granule]);
}
