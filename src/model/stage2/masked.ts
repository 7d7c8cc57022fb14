import type { Masked } from '../expectation.js';

/** Masks of 0 to 64 bytes, by byte count. */
const MASKS = Array.from({ length: 65 }, (_, bytes) => (1n << BigInt(8 * bytes)) - 1n);

/** All bits of `bytes` bytes (0 to 64). */
export function byteMask(bytes: number): bigint {
  return MASKS[bytes] ?? 0n;
}

export const WORD_MASK = byteMask(8);
export const UNKNOWN: Masked = { value: 0n, known: 0n };

/** A 64-bit value that is known in full. */
export function exactly(value: bigint): Masked {
  return { value, known: WORD_MASK };
}

/** What is known of a value that is one or the other. */
export function either(a: Masked, b: Masked): Masked {
  const known = a.known & b.known & ~(a.value ^ b.value);
  return { value: a.value & known, known };
}

/** Single bits, by number. */
const BITS = Array.from({ length: 64 }, (_, bit) => 1n << BigInt(bit));

function bitMask(bit: number): bigint {
  return BITS[bit] ?? 0n;
}

/** Whether a bit is set, clear, or not known. */
export function bitOf(word: Masked, bit: number): boolean | undefined {
  const mask = bitMask(bit);
  if ((word.known & mask) === 0n) return undefined;
  return (word.value & mask) !== 0n;
}

/** The word with a bit set or cleared. */
export function withBit(word: Masked, bit: number, set: boolean): Masked {
  const mask = bitMask(bit);
  return { value: set ? word.value | mask : word.value & ~mask, known: word.known | mask };
}

/** The word with a bit not known. */
export function withoutBit(word: Masked, bit: number): Masked {
  const mask = ~bitMask(bit);
  return { value: word.value & mask, known: word.known & mask };
}
