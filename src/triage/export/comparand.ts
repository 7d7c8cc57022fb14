/** What compare-and-swap expects in memory. */
import { fetchStub, type Arch } from '../../scenario/stage2/arch.js';
import { fillWord, FILL_TAG, PAGE_SIZE } from '../../scenario/stage2/layout.js';
import type { Access } from '../../scenario/stage2/steps.js';

/** Numbers of regions in the words of a fill. */
const REGION_NUMBER = { data: 2, data2: 3, none: 2 } as const;

/** The eight bytes that the fill has at an address, which may end on the next page. */
function fillBytes(arch: Arch, tag: number, region: number, page: number, offset: number): bigint {
  const stub = fetchStub(arch);
  const word = (at: number): bigint => fillWord(tag, region, page + Math.floor(at / PAGE_SIZE), at % PAGE_SIZE, stub);
  const first = offset & ~7;
  const pair = word(first) | (word(first + 8) << 64n);
  return BigInt.asUintN(64, pair >> BigInt(8 * (offset & 7)));
}

/** One lane of the comparand of an access on a page. */
export function comparand(arch: Arch, access: Access, page: number, lane = 0): bigint {
  const offset = access.offset + 8 * lane;
  const at = page + Math.floor(offset / PAGE_SIZE);
  switch (access.comparand) {
    case 'zero':
      return 0n;
    case 'value':
      return BigInt.asUintN(64, BigInt(access.value) + BigInt(lane));
    case 'initial':
    case 'copy':
      return fillBytes(arch, FILL_TAG[access.comparand], REGION_NUMBER[access.region], at, offset % PAGE_SIZE);
  }
}
