/**
 * A fast source of small choices. A scenario takes some fifty of them, at which fast-check's generator would be the most
 * expensive part of a campaign, so each scenario draws a seed from that one and goes on with this (sfc32).
 */
export class Dice {
  private a: number;
  private b: number;
  private c: number;
  private counter = 1;

  /** @param random fast-check's generator; the same state gives the same choices. */
  constructor(random: { nextInt(min: number, max: number): number }) {
    this.a = random.nextInt(-0x80000000, 0x7fffffff);
    this.b = random.nextInt(-0x80000000, 0x7fffffff);
    this.c = 0x9e3779b9;
    for (let i = 0; i < 8; i++) this.bits();
  }

  /** 32 random bits, as an unsigned number. */
  bits(): number {
    const sum = (((this.a + this.b) | 0) + this.counter) | 0;
    this.counter = (this.counter + 1) | 0;
    this.a = this.b ^ (this.b >>> 9);
    this.b = (this.c + (this.c << 3)) | 0;
    this.c = (this.c << 21) | (this.c >>> 11);
    this.c = (this.c + sum) | 0;
    return sum >>> 0;
  }

  /** An integer from 0 to `limit - 1`. */
  below(limit: number): number {
    return Math.floor((this.bits() / 0x100000000) * limit);
  }

  /** An integer from `low` to `high`, both included. */
  between(low: number, high: number): number {
    return low + this.below(high - low + 1);
  }

  /** True once in `oneIn` times, on average. */
  once(oneIn: number): boolean {
    return this.below(oneIn) === 0;
  }

  /** True with this probability in percent. */
  percent(probability: number): boolean {
    return this.bits() < probability * (0x100000000 / 100);
  }

  /** One of the entries, all equally likely; `bag` builds a list in which some are more likely. */
  pick<T>(entries: Bag<T>): T {
    return entries[this.below(entries.length)] ?? entries[0];
  }
}

/** A list that is not empty. */
export type Bag<T> = readonly [T, ...T[]];

/** A list to pick from in which each entry is there as often as its weight says. */
export function bag<T>(...weighted: readonly (readonly [entry: T, weight: number])[]): [T, ...T[]] {
  const [first, ...rest] = weighted.flatMap(([entry, weight]) => Array<T>(weight).fill(entry));
  if (first === undefined) throw new Error('a bag needs an entry with a positive weight');
  return [first, ...rest];
}
