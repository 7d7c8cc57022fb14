/** How calls end: counted by name beside the rules, and held against what the documentation of the calls names. */

/** A way for a call to end that its documentation names. */
export interface DocumentedOutcome {
  /** The call, a blank, and how it ends: `UFFDIO_COPY EEXIST`, or `UFFDIO_COPY ok`. */
  readonly name: string;
  /** Why the machine cannot show it; undefined where it can. */
  readonly impossible?: string | undefined;
}

/** The outcomes of a family's calls. `S` is the scenario, `O` the observation, `P` the profile. */
export interface Outcomes<S, O, P> {
  /** What the documentation names, in the order in which reports list it. */
  documented(profile: P): readonly DocumentedOutcome[];
  /** Hands each outcome that was observed to `add`, by its name. */
  count(scenario: S, observation: O, add: (name: string) => void): void;
}

/** What a campaign saw of them. */
export interface OutcomeCoverage {
  /** Name to count, also of what no documentation names. */
  readonly counts: Readonly<Record<string, number>>;
  readonly documented: readonly DocumentedOutcome[];
}

/** How one call ended, by name without that of the call. */
export interface CallOutcomes {
  readonly call: string;
  readonly ends: readonly (readonly [end: string, count: number])[];
}

/** The outcomes that were seen by their calls, in the documentation's order, and behind them what it does not name. */
export function outcomesByCall({ counts, documented }: OutcomeCoverage): CallOutcomes[] {
  const names = new Set([...documented.map(({ name }) => name), ...Object.keys(counts).sort()]);
  const calls = new Map<string, [string, number][]>();
  for (const name of names) {
    const blank = name.indexOf(' ');
    const call = name.slice(0, blank);
    const ends = calls.get(call) ?? [];
    const count = counts[name] ?? 0;
    if (count > 0) ends.push([name.slice(blank + 1), count]);
    calls.set(call, ends);
  }
  return [...calls].map(([call, ends]) => ({ call, ends }));
}

/** Documented outcomes that were not seen, those that cannot be by the reason. */
export interface UnseenOutcomes {
  readonly names: readonly string[];
  /** Why the machine cannot show them; undefined where it can. */
  readonly impossible: string | undefined;
}

/** Documented outcomes that were not seen: first those that could have been, then those that the machine cannot show. */
export function unseenOutcomes({ counts, documented }: OutcomeCoverage): UnseenOutcomes[] {
  const unseen = documented.filter(({ name }) => (counts[name] ?? 0) === 0);
  const reasons = new Set([undefined, ...unseen.map(({ impossible }) => impossible)]);
  return [...reasons]
    .map((reason) => ({
      names: unseen.filter(({ impossible }) => impossible === reason).map(({ name }) => name),
      impossible: reason,
    }))
    .filter(({ names }) => names.length > 0);
}
