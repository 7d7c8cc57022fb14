/** Numbers of a scenario as C expressions that say where they come from. */
import type { Masked } from '../../model/expectation.js';
import { FILL_TAG } from '../../scenario/stage2/layout.js';

const REGION_NAMES = {
  code: 'CODE',
  pt: 'PT',
  data: 'DATA',
  data2: 'DATA2',
  none: 'NONE',
  scratch: 'SCRATCH',
} as const;
export type RegionName = keyof typeof REGION_NAMES;

const NUMBERS = ['code', 'pt', 'data', 'data2'] as const;
const ALL = (1n << 64n) - 1n;

/** A region's name in C. */
export function regionText(region: RegionName): string {
  return REGION_NAMES[region];
}

/** A page; inside a loop over pages, where the variable has the value `base`, relative to that. */
export function pageText(page: number, base: number | undefined): string {
  if (base === undefined || page < base) return `${page}`;
  return page === base ? 'page' : `page + ${page - base}`;
}

export function hexText(value: bigint | number): string {
  return `0x${value.toString(16)}`;
}

/** A word of a page's fill by its name. */
function fillText(value: bigint, base: number | undefined): string | undefined {
  const part = (shift: number, bits: number): number => Number((value >> BigInt(shift)) & ((1n << BigInt(bits)) - 1n));
  const name = part(56, 8) === FILL_TAG.initial ? 'INITIAL' : part(56, 8) === FILL_TAG.copy ? 'COPIED' : undefined;
  const region = NUMBERS[part(48, 8)];
  const offset = part(16, 16);
  if (name === undefined || (region !== 'data' && region !== 'data2') || part(0, 16) !== 0x5a5a) return undefined;
  if (offset % 8 !== 0 || offset >= 4096) return undefined;
  return `${name}(${regionText(region)}, ${pageText(part(32, 16), base)}, ${hexText(offset)})`;
}

/** A 64-bit number. */
export function valueText(value: bigint, base?: number): string {
  return fillText(value, base) ?? hexText(value);
}

/** A number of which only some bits are predicted. */
export function bitsText({ value, known }: Masked, base?: number): string {
  if (known === 0n) return 'ANY';
  return known === ALL ? `EXACT(${valueText(value, base)})` : `BITS(${hexText(value)}, ${hexText(known)})`;
}

/** A signed number. */
export function signedText(value: number): string {
  return `${value}`;
}
