import { InvalidArgumentError } from 'commander';

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
/** Longest time a timer of Node's can count to. */
const MAX_TIME_MS = 2 ** 31 - 1;

/** `60s`, `10m`, `8h` as milliseconds. */
export function durationOption(text: string): number {
  const [, number, unit] = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text) ?? [];
  const ms = Math.round(Number(number) * (UNIT_MS[unit ?? ''] ?? Number.NaN));
  if (!(ms >= 1 && ms <= MAX_TIME_MS))
    throw new InvalidArgumentError('Give a time with its unit, such as 60s, 10m or 8h, of at most 24d.');
  return ms;
}

/** A whole number from `min` to `max`. */
export function integerOption(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (!(value >= min && value <= max)) throw new InvalidArgumentError(`Give a whole number from ${min} to ${max}.`);
    return value;
  };
}

/** A 32-bit seed, decimal or `0x` hex. */
export function seedOption(text: string): number {
  const value = /^(\d+|0x[0-9a-fA-F]+)$/.test(text) ? Number(text) : Number.NaN;
  if (!(value <= 0xffffffff)) throw new InvalidArgumentError('Give a whole number from 0 to 4294967295.');
  return value;
}

/** Of an option that may be given several times: all that were given. */
export function several(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, text];
}
