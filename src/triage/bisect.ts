/** One kernel that was tried, and what came of it. */
export interface Tried<K, V> {
  readonly kernel: K;
  readonly verdict: V;
}

/** Where a verdict changes in an ordered list. */
export interface Change<K, V> {
  /** Every one that was tried, in the order of the list. */
  readonly tried: readonly Tried<K, V>[];
  /** The last with the verdict of the first, and the first with another; undefined when both ends say the same. */
  readonly change: { readonly before: Tried<K, V>; readonly after: Tried<K, V> } | undefined;
}

/**
 * Finds the first element of an ordered list whose verdict is not that of the first element, in a logarithmic number of tries.
 * Elements that can say nothing (`undefined`) are passed over; neighbours take their place.
 *
 * @param kernels at least one; the verdict is taken to change once.
 */
export async function firstChange<K, V>(
  kernels: readonly K[],
  tryOne: (kernel: K) => Promise<V | undefined>,
  same: (a: V, b: V) => boolean,
): Promise<Change<K, V>> {
  const known = new Map<number, V | undefined>();
  const verdictAt = async (index: number): Promise<V | undefined> => {
    const kernel = kernels[index];
    if (kernel === undefined) return undefined;
    if (!known.has(index)) known.set(index, await tryOne(kernel));
    return known.get(index);
  };
  const triedAt = (index: number): Tried<K, V> | undefined => {
    const [kernel, verdict] = [kernels[index], known.get(index)];
    return kernel === undefined || verdict === undefined ? undefined : { kernel, verdict };
  };
  const all = (): Tried<K, V>[] => [...known.keys()].sort((a, b) => a - b).flatMap((index) => triedAt(index) ?? []);

  let low = await seek(0, kernels.length - 1, verdictAt);
  let high = low === undefined ? undefined : await seek(kernels.length - 1, low, verdictAt);
  const first = low === undefined ? undefined : triedAt(low)?.verdict;
  const last = high === undefined ? undefined : triedAt(high)?.verdict;
  if (low === undefined || high === undefined || first === undefined || last === undefined || same(first, last)) {
    return { tried: all(), change: undefined };
  }
  for (;;) {
    const middle = await between(low, high, verdictAt);
    const verdict = middle === undefined ? undefined : triedAt(middle)?.verdict;
    if (middle === undefined || verdict === undefined) break;
    if (same(first, verdict)) low = middle;
    else high = middle;
  }
  const [before, after] = [triedAt(low), triedAt(high)];
  return { tried: all(), change: before && after && { before, after } };
}

/** The first index from `from` towards `to` that says something. */
async function seek(
  from: number,
  to: number,
  verdictAt: (index: number) => Promise<unknown>,
): Promise<number | undefined> {
  const step = from <= to ? 1 : -1;
  for (let index = from; step > 0 ? index <= to : index >= to; index += step) {
    if ((await verdictAt(index)) !== undefined) return index;
  }
  return undefined;
}

/** An index between the two that says something, the nearest to the middle first. */
async function between(
  low: number,
  high: number,
  verdictAt: (index: number) => Promise<unknown>,
): Promise<number | undefined> {
  const middle = Math.floor((low + high) / 2);
  const inside = Array.from({ length: Math.max(0, high - low - 1) }, (_, i) => low + 1 + i);
  inside.sort((a, b) => Math.abs(a - middle) - Math.abs(b - middle));
  for (const index of inside) if ((await verdictAt(index)) !== undefined) return index;
  return undefined;
}
