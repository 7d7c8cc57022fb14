/** What a signature is called by now. */
export function nameOf(signature: string, aliases: Readonly<Record<string, string>>): string {
  let name = signature;
  const seen = new Set<string>();
  for (let next = aliases[name]; next !== undefined && !seen.has(next); next = aliases[name]) {
    // A damaged journal may close the chain to a circle.
    seen.add(next);
    name = next;
  }
  return name;
}

/** Counts by signature, as counts by what the signatures are called by now. */
export function renamed(
  counts: Readonly<Record<string, number>>,
  aliases: Readonly<Record<string, string>>,
): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const [signature, count] of Object.entries(counts)) {
    const name = nameOf(signature, aliases);
    sums[name] = (sums[name] ?? 0) + count;
  }
  return sums;
}
