/** Where everything beyond the cap is counted. */
export const OTHERS = '(others)';

/** Counts by name with a bound on the number of names, so that a long campaign's memory stays flat. */
export class Tally {
  private readonly counts = new Map<string, number>();

  constructor(private readonly maxNames = 512) {}

  get size(): number {
    return this.counts.size;
  }

  get total(): number {
    let sum = 0;
    for (const count of this.counts.values()) sum += count;
    return sum;
  }

  add(name: string, count = 1): void {
    const before = this.counts.get(name);
    if (before !== undefined) this.counts.set(name, before + count);
    else if (this.counts.size < this.maxNames) this.counts.set(name, count);
    else this.counts.set(OTHERS, (this.counts.get(OTHERS) ?? 0) + count);
  }

  addAll(counts: Readonly<Record<string, number>>): void {
    for (const [name, count] of Object.entries(counts)) this.add(name, count);
  }

  countOf(name: string): number {
    return this.counts.get(name) ?? 0;
  }

  has(name: string): boolean {
    return this.counts.has(name);
  }

  toRecord(): Record<string, number> {
    return Object.fromEntries(this.counts);
  }

  /** The counts since the last call. */
  take(): Record<string, number> {
    const record = this.toRecord();
    this.counts.clear();
    return record;
  }
}
