/** Whole numbers from `from` (inclusive) to `to` (exclusive). */
export interface Range {
  readonly from: number;
  readonly to: number;
}

/** The numbers of both: sorted, apart from each other, none empty. */
export function union(ranges: readonly Range[], more: readonly Range[]): readonly Range[] {
  const sorted = [...ranges, ...more].filter(({ from, to }) => from < to).sort((a, b) => a.from - b.from);
  const merged: Range[] = [];
  for (const range of sorted) {
    const last = merged.at(-1);
    if (last !== undefined && range.from <= last.to)
      merged[merged.length - 1] = { from: last.from, to: Math.max(last.to, range.to) };
    else merged.push({ from: range.from, to: range.to });
  }
  return merged;
}

/** The numbers of `range` that are in none of `taken`, which are sorted and apart from each other. */
export function without(range: Range, taken: readonly Range[]): readonly Range[] {
  const left: Range[] = [];
  let from = range.from;
  for (const gone of taken) {
    if (gone.to <= from) continue;
    if (gone.from >= range.to) break;
    if (gone.from > from) left.push({ from, to: gone.from });
    from = gone.to;
  }
  if (from < range.to) left.push({ from, to: range.to });
  return left;
}

/** How many numbers there are in ranges that are apart from each other. */
export function size(ranges: readonly Range[]): number {
  return ranges.reduce((sum, { from, to }) => sum + to - from, 0);
}
