/** What came of a reduction. */
export interface Reduction<S> {
  readonly scenario: S;
  /** How often `stillFails` was asked. */
  readonly tries: number;
  /** No move was left that keeps the failure; otherwise the limit of tries was reached. */
  readonly minimal: boolean;
}

/**
 * Takes any move that keeps the failure, until none does.
 *
 * @param simplify the moves from a scenario, boldest first; each must lead to a strictly simpler one, so that this ends.
 * @param stillFails whether a scenario has the same failure as the first one.
 * @param maxTries upper limit of questions.
 */
export async function reduce<S>(
  start: S,
  simplify: (scenario: S) => Iterable<S>,
  stillFails: (scenario: S) => boolean | Promise<boolean>,
  maxTries = Infinity,
): Promise<Reduction<S>> {
  const refused = new Set<string>();
  let scenario = start;
  let tries = 0;
  for (;;) {
    let next: S | undefined;
    for (const candidate of simplify(scenario)) {
      const key = JSON.stringify(candidate);
      if (refused.has(key)) continue;
      if (tries >= maxTries) return { scenario, tries, minimal: false };
      tries += 1;
      if (await stillFails(candidate)) {
        next = candidate;
        break;
      }
      refused.add(key);
    }
    if (next === undefined) return { scenario, tries, minimal: true };
    scenario = next;
  }
}
