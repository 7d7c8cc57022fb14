/** What differs between the guest's architectures: address spaces, page tables and the stub that fetches run. */
import type { Stage2Config } from './config.js';
import { FETCH_STUB, FETCH_STUB_BYTES, PAGE_SIZE, PT_PAGES, type Granule, type Stub } from './layout.js';

export { GRANULES, type Granule } from './layout.js';

export const ARCHES = ['x86_64', 'aarch64'] as const;
export type Arch = (typeof ARCHES)[number];

/** Pages of 4 KiB that a granule holds. */
export const GRANULE_PAGES: Readonly<Record<Granule, number>> = { '4k': 1, '16k': 4, '64k': 16 };

/** aarch64: guest-virtual bases of the test window, translated by TTBR0. */
export const ARM_GVA = { data: 0x40000000, data2: 0x40400000, none: 0x40800000 } as const;

/** aarch64: bits of a descriptor. `readonly` is AP[2], `user` AP[1]. */
export const ARM_PTE_BIT = { valid: 0, page: 1, user: 6, readonly: 7, accessed: 10, dbm: 51 } as const;

/** aarch64: attribute bits of a leaf that never change: MAIR entry 1 (normal memory) and inner shareable. */
export const ARM_LEAF_ATTRIBUTES = 0x304;

/** `ret`, which every data page has at the fetch offset, as a little-endian 32-bit number. */
export const ARM_FETCH_STUB = 0xd65f03c0;

/** Pages of 4 KiB from the start of `pt` at which the tables are: the three levels, and the leaf tables of each region. */
export interface TableLayout {
  /** Pages of the `pt` region. */
  readonly pages: number;
  readonly l1: number;
  readonly l2: number;
  /** First leaf table of each region. With larger granules one table holds all of them. */
  readonly l3: Readonly<Record<'data' | 'data2' | 'none', number>>;
  /** Address bits below the index of each level. */
  readonly shift: Readonly<Record<'l1' | 'l2' | 'l3', number>>;
  /** Entries of a table. */
  readonly entries: number;
}

export const ARM_TABLES: Readonly<Record<Granule, TableLayout>> = {
  '4k': {
    pages: PT_PAGES,
    l1: 0,
    l2: 1,
    l3: { data: 2, data2: 4, none: 6 },
    shift: { l1: 30, l2: 21, l3: 12 },
    entries: 512,
  },
  '16k': {
    pages: 12,
    l1: 0,
    l2: 4,
    l3: { data: 8, data2: 8, none: 8 },
    shift: { l1: 36, l2: 25, l3: 14 },
    entries: 2048,
  },
  '64k': {
    pages: 48,
    l1: 0,
    l2: 16,
    l3: { data: 32, data2: 32, none: 32 },
    shift: { l1: 42, l2: 29, l3: 16 },
    entries: 8192,
  },
};

export function archOf(config: Stage2Config): Arch {
  return 'granule' in config ? 'aarch64' : 'x86_64';
}

/** Pages of the `pt` region. */
export function ptPages(config: Stage2Config): number {
  return 'granule' in config ? ARM_TABLES[config.granule].pages : PT_PAGES;
}

/** Pages of 4 KiB that a leaf entry of the guest maps. */
export function leafPages(config: Stage2Config): number {
  return 'granule' in config ? GRANULE_PAGES[config.granule] : 1;
}

const X86_STUB: Stub = { word: FETCH_STUB, bytes: FETCH_STUB_BYTES };
const ARM_STUB: Stub = { word: ARM_FETCH_STUB, bytes: 4 };

/** The stub that fetches jump to, as a little-endian number, and its size in bytes. */
export function fetchStub(arch: Arch): Stub {
  return arch === 'aarch64' ? ARM_STUB : X86_STUB;
}

/** Pages that hold the bytes of a table entry's page range: which 4 KiB page of a table its entry `index` is in. */
export function entryPlace(table: number, index: number): { readonly page: number; readonly offset: number } {
  const at = index * 8;
  return { page: table + Math.floor(at / PAGE_SIZE), offset: at % PAGE_SIZE };
}
