import * as v from 'valibot';

/** An unsigned integer of at most 64 bits, written as `0x` and 1 to 16 lower-case hex digits. Lossless in JSON. */
export const Hex64 = v.pipe(v.string(), v.regex(/^0x[0-9a-f]{1,16}$/, '0x and 1 to 16 lower-case hex digits'));

/** Writes an unsigned 64-bit integer the way {@link Hex64} reads it. */
export function toHex64(value: bigint): string {
  return `0x${BigInt.asUintN(64, value).toString(16)}`;
}
