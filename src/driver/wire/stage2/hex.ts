const DIGIT_0 = 0x30;
const DIGIT_9 = 0x39;
const LETTER_A_MINUS_10 = 0x61 - 10;

/** Writes a `0x…` string of the scenario's Hex64 form as a little-endian u64, without a BigInt on the way. */
export function setHex64(view: DataView, offset: number, hex: string): void {
  const lowStart = Math.max(2, hex.length - 8);
  view.setUint32(offset, digits(hex, lowStart, hex.length), true);
  view.setUint32(offset + 4, digits(hex, 2, lowStart), true);
}

function digits(hex: string, from: number, to: number): number {
  let value = 0;
  for (let i = from; i < to; i++) {
    const code = hex.charCodeAt(i);
    value = (value << 4) | (code - (code <= DIGIT_9 ? DIGIT_0 : LETTER_A_MINUS_10));
  }
  return value >>> 0;
}
