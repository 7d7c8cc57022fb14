import type { RuleId } from '../../model/expectation.js';
import type { Examples } from './examples.js';
import type { Example, Rare } from './focus.js';
import { PairSpace, type PairTotals } from './pairs.js';

/** One batch in so many has a focus, as long as something is rare. */
const FOCUS_ONE_IN = 3;
/** Seen more often, a pair or a rule is not rare. */
const ENOUGH = { pair: 100, rule: 1000 } as const;
const GOALS = { pairs: 12, rules: 4, examples: 3 } as const;

/** What was counted up to now. */
export interface Counted {
  readonly pairs: PairTotals | undefined;
  readonly decided: (rule: RuleId) => number;
  readonly examples: Examples;
}

/** Chooses what the generator is to prefer next: the pairs and rules that were seen least. */
export class Planner {
  /** How often a pair, by its place, or a rule was asked for already: what does not come is not asked for again and again. */
  private readonly asked = new Map<number | RuleId, number>();
  private calls = 0;

  constructor(private readonly applicable: readonly RuleId[]) {}

  /** Undefined: the ordinary distribution. */
  next(counted: Counted): Rare | undefined {
    if (++this.calls % FOCUS_ONE_IN !== 0) return undefined;
    const pairs = counted.pairs === undefined ? [] : this.rarePairs(counted.pairs);
    const like = this.rareRules(counted).flatMap((rule) => this.some(counted.examples.of(rule), rule));
    return pairs.length + like.length === 0 ? undefined : { kind: 'rare', pairs, like };
  }

  private rarePairs(totals: PairTotals): Rare['pairs'] {
    const places = totals.rare(ENOUGH.pair);
    const count = (place: number): number => totals.at(place);
    const chosen = this.least(places, count, GOALS.pairs);
    const space = new PairSpace(totals.fields);
    return chosen.map((place) => space.pins(place));
  }

  private rareRules({ decided, examples }: Counted): readonly RuleId[] {
    const known = this.applicable.filter((rule) => decided(rule) < ENOUGH.rule && examples.of(rule).length > 0);
    return this.least(known, decided, GOALS.rules);
  }

  /** Those that were asked for least often, and of these the rarest. */
  private least<T extends number | RuleId>(all: readonly T[], count: (one: T) => number, most: number): readonly T[] {
    const asked = (one: T): number => this.asked.get(one) ?? 0;
    const chosen = [...all].sort((a, b) => asked(a) - asked(b) || count(a) - count(b)).slice(0, most);
    for (const one of chosen) this.asked.set(one, asked(one) + 1);
    return chosen;
  }

  /** Other ones each time. */
  private some(all: readonly Example[], rule: RuleId): readonly Example[] {
    const first = (this.asked.get(rule) ?? 0) * GOALS.examples;
    return [...new Set(Array.from({ length: GOALS.examples }, (_, i) => all[(first + i) % all.length]))].filter(
      (example) => example !== undefined,
    );
  }
}
