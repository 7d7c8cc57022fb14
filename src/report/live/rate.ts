/** Time over which the present rate is measured. */
const WINDOW_MS = 5000;

/** The rate of the last seconds, from counts as they come. */
export class Rate {
  private points: { readonly ms: number; readonly count: number }[] = [];

  /** @returns per second; that since the beginning as long as there is nothing else. */
  at(ms: number, count: number): number {
    this.points.push({ ms, count });
    while ((this.points[1]?.ms ?? Infinity) <= ms - WINDOW_MS) this.points.shift();
    const first = this.points[0] ?? { ms, count };
    const [since, before] = first.ms === ms ? [ms, 0] : [ms - first.ms, first.count];
    return since <= 0 ? 0 : (1000 * (count - before)) / since;
  }
}
