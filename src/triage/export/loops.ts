/** Statements that repeat themselves from page to page, as loops. */

export interface Item {
  /** The page that it is about, if it is about one. */
  readonly page: number | undefined;
  /** Its statements, with `indent` tabs; pages are written relative to the loop's variable where that is `base`. */
  lines(indent: number, base: number | undefined): readonly string[];
}

/** Longest group of statements that is looked for. */
const MAX_GROUP = 6;
/** Fewer repetitions are easier to read one by one. */
const MIN_REPEATS = 3;

function sameAt(items: readonly Item[], at: number, other: number, page: number, repeat: number): boolean {
  const lines = (index: number, base: number): string => items[index]?.lines(0, base).join('\n') ?? '';
  return items[other] !== undefined && lines(at, page) === lines(other, page + repeat);
}

/** How often the group of `size` items at `at` comes, from page to page. */
function repeats(items: readonly Item[], at: number, size: number, page: number): number {
  for (let count = 1; ; count++) {
    for (let i = 0; i < size; i++) if (!sameAt(items, at + i, at + count * size + i, page, count)) return count;
  }
}

/** The items' statements. */
export function folded(items: readonly Item[], indent: number): string[] {
  const result: string[] = [];
  for (let at = 0; at < items.length;) {
    let best = { size: 1, count: 1, page: 0 };
    for (let size = 1; size <= MAX_GROUP && at + size <= items.length; size++) {
      const group = items.slice(at, at + size);
      const page = group.find((item) => item.page !== undefined)?.page;
      if (page === undefined) continue;
      const count = repeats(items, at, size, page);
      if (count >= MIN_REPEATS && count * size > best.count * best.size) best = { size, count, page };
    }
    result.push(...loop(items.slice(at, at + best.size), best, indent));
    at += best.size * best.count;
  }
  return result;
}

function loop(group: readonly Item[], { count, page }: { count: number; page: number }, indent: number): string[] {
  if (count === 1) return group.flatMap((item) => item.lines(indent, undefined));
  const body = group.flatMap((item) => item.lines(indent + 1, page));
  const tabs = '\t'.repeat(indent);
  const head = `${tabs}for (int page = ${page}; page < ${page + count}; page++)`;
  return body.length === 1 ? [head, ...body] : [`${head} {`, ...body, `${tabs}}`];
}

/** Consecutive numbers as ranges `[first, last]`. */
export function ranges(numbers: Iterable<number>): [number, number][] {
  const result: [number, number][] = [];
  for (const number of [...numbers].sort((a, b) => a - b)) {
    const last = result.at(-1);
    if (last?.[1] === number - 1) last[1] = number;
    else result.push([number, number]);
  }
  return result;
}
