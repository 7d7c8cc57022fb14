/** Lists behind each other, of which only the lengths are kept. */
export class Ragged {
  /** Numbers of entries in front of each list, and behind the last one. */
  private readonly starts: Float64Array;

  constructor(sizes: readonly number[]) {
    this.starts = new Float64Array(sizes.length + 1);
    for (const [i, size] of sizes.entries()) this.starts[i + 1] = (this.starts[i] ?? 0) + size;
  }

  get size(): number {
    return this.starts.at(-1) ?? 0;
  }

  /** The list that entry `index` is in, and its place there. @throws RangeError when there is no such entry. */
  find(index: number): { readonly list: number; readonly place: number } {
    if (!Number.isInteger(index) || index < 0 || index >= this.size)
      throw new RangeError(`there is no number ${index}, only 0 to ${this.size - 1}`);
    let low = 0;
    let high = this.starts.length - 2;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if ((this.starts[middle] ?? 0) <= index) low = middle;
      else high = middle - 1;
    }
    return { list: low, place: index - (this.starts[low] ?? 0) };
  }
}
