/** Drops runs of steps: first halves, then quarters, and at last pairs and single steps. */
export function* fewerSteps<S>(steps: readonly S[]): Generator<S[]> {
  const sizes = new Set<number>();
  for (let size = steps.length; size >= 1; size = Math.floor(size / 2)) sizes.add(size);
  if (steps.length > 2) sizes.add(2);
  for (const size of [...sizes].sort((a, b) => b - a)) {
    // Pairs overlap, because two steps that belong together may begin at an odd place.
    const stride = size === 2 ? 1 : size;
    for (let from = 0; from + 1 <= steps.length; from += stride) yield steps.toSpliced(from, size);
  }
}
