/**
 * Where things are in the guest, and what memory holds before the first step. Shared by the model, which predicts with
 * these numbers, and by the wire header, which hands them to the native driver.
 */
export const PAGE_SIZE = 4096;
export const HUGE_PAGE_SIZE = 2 * 1024 * 1024;
export const PAGES_PER_HUGE_PAGE = HUGE_PAGE_SIZE / PAGE_SIZE;

/** Caps of the schema. */
export const MAX_STEPS = 32;
export const MAX_PAGES = 200;
export const MAX_OFFSET_PAGES = PAGES_PER_HUGE_PAGE - 1;
export const MAX_NONE_PAGES = 16;
export const MAX_MMIO_READS = 4;
export const MAX_ANSWERS = 4;
export const MAX_REP_COUNT = 64;
export const MAX_SWEEP = MAX_PAGES;
export const MAX_DELAY_US = 2000;

/** Translation granules of aarch64. A page of a scenario is 4 KiB all the same: a leaf entry maps 1, 4 or 16 of them. */
export const GRANULES = ['4k', '16k', '64k'] as const;
export type Granule = (typeof GRANULES)[number];

/** Guest-physical bases. `away` is where the `move` step puts a slot. All below 2^40, all 2 MiB aligned. */
export const GPA = {
  pt: 0x40000000,
  data: 0x7fc0000000,
  data2: 0x6000000000,
  none: 0x5000000000,
  /** aarch64: stores here are the guest's doorbell. */
  doorbell: 0x30000000,
  dataAway: 0x7ec0000000,
  data2Away: 0x6100000000,
} as const;

/** Guest-virtual bases. The test window is entry 1 of the PML4; the page tables' alias is entry 2; entry 3 is never present. */
export const GVA = {
  data: 0x8000000000,
  data2: 0x8000400000,
  none: 0x8000800000,
  ptAlias: 0x10000000000,
  /** The fetch stub's zero bytes (`add [rax], al`) trap here. */
  trap: 0x18000000000,
} as const;

/** Pages of the `pt` region: one PDPT, one PD, two page tables each for `data` and `data2`, one for `none`. */
export const PT_PAGE = { pdpt: 0, pd: 1, data: 2, data2: 4, none: 6 } as const;
export const PT_PAGES = 8;

/** PD index at which each region's window starts. */
export const PD_INDEX = { data: 0, data2: 2, none: 4 } as const;

/** Offset of the two-byte instruction `jmp *%rbx` in every data page, the target of the `fetch` operation. */
export const FETCH_STUB_OFFSET = 0xf80;
export const FETCH_STUB_BYTES = 2;
/** `jmp *%rbx` as a little-endian 16-bit number. */
export const FETCH_STUB = 0xe3ff;

/** x86 page-table entry bits that the scenarios talk about. */
export const PTE_BIT = { present: 0, writable: 1, user: 2, accessed: 5, dirty: 6 } as const;

/** Tags in the top byte of the words that fill memory, so that a value read tells where it came from. */
export const FILL_TAG = { initial: 0xa5, copy: 0xc3 } as const;

/** What fetches run: code of two or four bytes as a little-endian number. */
export interface Stub {
  readonly word: number;
  readonly bytes: number;
}

/**
 * The 8-byte word that fills offset `offset` (a multiple of 8) of a data page:
 * tag, region, page and offset are readable in the hex digits. The word at {@link FETCH_STUB_OFFSET} begins with the stub.
 */
export function fillWord(tag: number, regionIndex: number, page: number, offset: number, stub: Stub): bigint {
  const high = ((tag << 24) | (regionIndex << 16) | page) >>> 0;
  const plain = ((offset << 16) | 0x5a5a) >>> 0;
  const mask = stub.bytes === 4 ? 0 : 0xffff0000;
  const low = offset === FETCH_STUB_OFFSET ? ((plain & mask) | stub.word) >>> 0 : plain;
  return (BigInt(high) << 32n) | BigInt(low);
}

/** Lane `i` of an operand wider than 8 bytes: `value + i`, modulo 2^64. */
export function lane(value: bigint, i: number): bigint {
  return BigInt.asUintN(64, value + BigInt(i));
}
