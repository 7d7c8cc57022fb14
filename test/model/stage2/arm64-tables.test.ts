/** The page tables of aarch64 guests, by the addresses that the contract names. */
import { describe, expect, test } from 'vitest';
import { entryPlaces, leafPage, tableWords } from '../../../src/model/stage2/arm64/tables.js';
import { ARM_TABLES, GRANULE_PAGES, GRANULES, type Granule } from '../../../src/scenario/stage2/arch.js';
import { GPA, PAGE_SIZE } from '../../../src/scenario/stage2/layout.js';
import type { ArmConfig } from '../../../src/scenario/stage2.js';
import { armConfig } from '../../scenario/examples.js';

const LEAF = 0x303n | 4n;
const TABLE = 3n;

/** Regions at both ends of their windows, with a leaf table's end in the middle of `data` where tables are small. */
function spread(granule: Granule): ArmConfig {
  const { data } = armConfig();
  return armConfig({
    granule,
    privilege: 'user',
    data: { ...data, pages: 64, offsetPages: 496 },
    data2: { ...data, pages: 16, offsetPages: 0 },
    none: { pages: 16, reads: ['0x0'] },
    initial: { af: true, dbm: true, writable: false },
  });
}

/** Every word of the tables that a page of the guest needs, by its offset in the `pt` region. */
function demanded(config: ArmConfig): Map<number, bigint> {
  const { l2, l3 } = ARM_TABLES[config.granule];
  const unit = GRANULE_PAGES[config.granule];
  const words = new Map<number, bigint>();
  for (const [region, first, pages] of [
    ['data', 496, 64],
    ['data2', 0, 16],
    ['none', 0, 16],
  ] as const) {
    for (let page = 0; page < pages; page += unit) {
      const places = entryPlaces(config, region, page);
      const at = ({ page: table, offset }: { page: number; offset: number }): number => table * PAGE_SIZE + offset;
      const leafTable = places.l3.page - ((places.l3.page - l3.data) % unit);
      words.set(at(places.l1), BigInt(GPA.pt + l2 * PAGE_SIZE) | TABLE);
      words.set(at(places.l2), BigInt(GPA.pt + leafTable * PAGE_SIZE) | TABLE);
      const bits = LEAF | 0x40n | 0x80n | 0x400n | (1n << 51n);
      words.set(at(places.l3), BigInt(GPA[region] + (first + page) * PAGE_SIZE) | bits);
    }
  }
  return words;
}

describe.each(GRANULES)('with a granule of %s', (granule) => {
  test('the tables hold the entries of mapped pages and nothing else', () => {
    const config = spread(granule);
    const held = new Map<number, bigint>();
    for (let page = 0; page < ARM_TABLES[granule].pages; page++) {
      const words = tableWords(config, page);
      for (let offset = 0; offset < PAGE_SIZE; offset += 8) {
        if (words(offset) !== 0n) held.set(page * PAGE_SIZE + offset, words(offset));
      }
    }
    const sorted = (words: ReadonlyMap<number, bigint>): unknown[] => [...words].sort(([a], [b]) => a - b);
    expect(sorted(held)).toEqual(sorted(demanded(config)));
  });

  test('a leaf maps a granule', () => {
    const unit = GRANULE_PAGES[granule];
    const config = spread(granule);
    expect(entryPlaces(config, 'data', unit - 1)).toEqual(entryPlaces(config, 'data', 0));
    expect(entryPlaces(config, 'data', unit)).not.toEqual(entryPlaces(config, 'data', 0));
    expect(leafPage(config, unit - 1)).toBe(0);
    expect(leafPage(config, unit)).toBe(unit);
  });
});

test('the tables are where the contract says', () => {
  const small = armConfig();
  expect(entryPlaces(small, 'data', 1)).toEqual({
    l3: { page: 2, offset: 8 },
    l2: { page: 1, offset: 0 },
    l1: { page: 0, offset: 8 },
  });
  expect(entryPlaces(small, 'none', 0)).toEqual({
    l3: { page: 6, offset: 0 },
    l2: { page: 1, offset: 32 },
    l1: { page: 0, offset: 8 },
  });
});
