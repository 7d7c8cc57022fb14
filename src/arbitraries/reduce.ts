/** What came of a reduction. */
export interface Reduction<S> {
  readonly scenario: S;
  /** How often `stillFails` was asked. */
  readonly tries: number;
  /** No move was left that keeps the failure; otherwise the limit of tries was reached, or it was stopped. */
  readonly minimal: boolean;
}

export interface ReduceOptions<S> {
  /** Upper limit of questions. */
  readonly maxTries?: number;
  /** Questions that may be open at once. As long as the answers are the same, it changes the time and not the result. */
  readonly width?: number;
  /** Once it is requested, nothing more is asked. */
  readonly stop?: { readonly requested: boolean };
  /** Told of each simpler scenario that takes the place of the one before. */
  readonly taken?: (scenario: S) => void;
}

/**
 * Takes any move that keeps the failure, until none does.
 *
 * @param simplify the moves from a scenario, boldest first; each must lead to a strictly simpler one, so that this ends.
 * @param stillFails whether a scenario has the same failure as the first one.
 */
export async function reduce<S>(
  start: S,
  simplify: (scenario: S) => Iterable<S> | Promise<Iterable<S>>,
  stillFails: (scenario: S) => boolean | Promise<boolean>,
  { maxTries = Infinity, width = 1, stop, taken }: ReduceOptions<S> = {},
): Promise<Reduction<S>> {
  const refused = new Set<string>();
  let scenario = start;
  let tries = 0;
  let minimal = true;
  function* questions(moves: Iterable<S>): Generator<S, void> {
    const open = new Set(refused);
    for (const candidate of moves) {
      const key = JSON.stringify(candidate);
      if (open.has(key)) continue;
      minimal = tries < maxTries && stop?.requested !== true;
      if (!minimal) return;
      open.add(key);
      tries += 1;
      yield candidate;
    }
  }
  const ask = async (candidate: S): Promise<boolean> => {
    const fails = await stillFails(candidate);
    if (!fails) refused.add(JSON.stringify(candidate));
    return fails;
  };
  for (;;) {
    const next = await first(questions(await simplify(scenario)), ask, width);
    if (next === undefined) return { scenario, tries, minimal };
    scenario = next.candidate;
    taken?.(scenario);
  }
}

/** The first candidate, in their order, for which the answer is yes, with several questions open at once. */
async function first<S>(
  candidates: Iterator<S, void>,
  ask: (candidate: S) => Promise<boolean>,
  width: number,
): Promise<{ readonly candidate: S } | undefined> {
  const found: { readonly index: number; readonly candidate: S }[] = [];
  let asked = 0;
  let failed = false;
  const lane = async (): Promise<void> => {
    // Whatever is asked from now on comes after the one that was found.
    while (found.length === 0 && !failed) {
      const index = asked++;
      const next = candidates.next();
      if (next.done === true) return;
      if (await ask(next.value)) found.push({ index, candidate: next.value });
    }
  };
  const guarded = async (): Promise<void> => {
    try {
      await lane();
    } catch (error) {
      failed = true;
      throw error;
    }
  };
  // Whoever answers is free again when this ends, also after an error.
  const lanes = await Promise.allSettled(Array.from({ length: width }, guarded));
  for (const lane of lanes) if (lane.status === 'rejected') throw lane.reason;
  return found.sort((a, b) => a.index - b.index)[0];
}
