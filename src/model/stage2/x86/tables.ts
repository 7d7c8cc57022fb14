/** The guest's page tables: where the entries of a page are, and what the tables hold at the start. */
import type { Stage2Config, X86Config } from '../../../scenario/stage2/config.js';
import { GPA, PAGE_SIZE, PD_INDEX, PT_PAGE, PTE_BIT } from '../../../scenario/stage2/layout.js';
import type { AccessRegion } from '../../../scenario/stage2/steps.js';
import { firstIndex, mappedPages, tableInUse, type EntryPlace } from '../regions.js';

const ENTRIES = PAGE_SIZE / 8;
const VALID = (1n << BigInt(PTE_BIT.present)) | (1n << BigInt(PTE_BIT.writable)) | (1n << BigInt(PTE_BIT.user));
const ACCESSED = 1n << BigInt(PTE_BIT.accessed);
const DIRTY = 1n << BigInt(PTE_BIT.dirty);

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

/** The words that a page of the `pt` region holds at the start, by offset. */
type Words = (offset: number) => bigint;

function pdpt(config: X86Config): Words {
  const word = BigInt(GPA.pt + PT_PAGE.pd * PAGE_SIZE) | VALID | (config.initial.pdpteA ? ACCESSED : 0n);
  return (offset) => (offset === 0 ? word : 0n);
}

function pd(config: X86Config): Words {
  const bits = VALID | (config.initial.pdeA ? ACCESSED : 0n);
  return (offset) => {
    const entry = offset / 8;
    const region = entry >= PD_INDEX.none ? 'none' : entry >= PD_INDEX.data2 ? 'data2' : 'data';
    const table = entry - PD_INDEX[region];
    if (table > 1 || !tableInUse(config, region, table, ENTRIES)) return 0n;
    return BigInt(GPA.pt + (PT_PAGE[region] + table) * PAGE_SIZE) | bits;
  };
}

/** Leaf entries by region, index of the page and the A and D bits: they depend on nothing else, so each is made once. */
const LEAVES = { data: [] as bigint[], data2: [] as bigint[], none: [] as bigint[] };

function leafWord(region: AccessRegion, index: number, accessed: boolean, dirty: boolean): bigint {
  const place = index * 4 + (accessed ? 2 : 0) + (dirty ? 1 : 0);
  const known = LEAVES[region][place];
  if (known !== undefined) return known;
  const word = BigInt(GPA[region] + index * PAGE_SIZE) | VALID | (accessed ? ACCESSED : 0n) | (dirty ? DIRTY : 0n);
  LEAVES[region][place] = word;
  return word;
}

function leaves(config: X86Config, region: AccessRegion, firstEntry: number): Words {
  const { pteA, pteD } = config.initial;
  const first = firstIndex(config, region);
  const end = first + mappedPages(config, region);
  return (offset) => {
    const index = firstEntry + offset / 8;
    return index < first || index >= end ? 0n : leafWord(region, index, pteA, pteD);
  };
}

/** What page `table` of the `pt` region holds at the start. */
export function tableWords(config: X86Config, table: number): Words {
  if (table === PT_PAGE.pdpt) return pdpt(config);
  if (table === PT_PAGE.pd) return pd(config);
  const region = table >= PT_PAGE.none ? 'none' : table >= PT_PAGE.data2 ? 'data2' : 'data';
  return leaves(config, region, (table - PT_PAGE[region]) * ENTRIES);
}
