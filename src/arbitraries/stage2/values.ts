import { toHex64 } from '../../scenario/hex.js';
import type { Dice } from './dice.js';

const GOLDEN = 0x9e3779b97f4a7c15n;

// Hex strings are made once: a value's only job is to be told apart from the others and to have all its bytes different.
const SPECIAL = ['0x0', '0x1', '0xffffffffffffffff', '0x8000000000000000', '0x7fffffff', '0x80', '0x123456789abcdef0'];
const VALUES: readonly string[] = [
  ...SPECIAL,
  ...Array.from({ length: 256 }, (_, i) => toHex64(BigInt.asUintN(64, BigInt(i + 1) * GOLDEN))),
];

/** A register operand: any of many values, sometimes one with special bits. */
export function pickValue(dice: Dice): string {
  return VALUES[dice.once(4) ? dice.below(SPECIAL.length) : dice.below(VALUES.length)] ?? '0x0';
}
