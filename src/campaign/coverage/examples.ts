import type { RuleId } from '../../model/expectation.js';
import type { Example } from './focus.js';

/** Examples of one rule that are kept; variety is worth more than number. */
const MAX_EXAMPLES = 8;

/** What workers have learned together. */
export class Examples {
  private readonly byRule = new Map<RuleId, readonly Example[]>();

  add(more: Readonly<Record<RuleId, readonly Example[]>>): void {
    for (const [rule, examples] of Object.entries(more)) {
      this.byRule.set(rule, [...this.of(rule), ...examples].slice(0, 2 * MAX_EXAMPLES));
    }
  }

  of(rule: RuleId): readonly Example[] {
    return this.byRule.get(rule) ?? [];
  }
}

/** Remembers a few ordinary scenarios for each rule that decided in them. */
export class ExampleBook {
  private readonly left: number[];
  private found: Record<RuleId, Example[]> = {};

  constructor(private readonly rules: readonly RuleId[]) {
    this.left = rules.map(() => MAX_EXAMPLES);
  }

  /** @param decisions how often each rule decided, by its place. */
  learn(decisions: readonly number[] | undefined, seed: number, index: number): void {
    if (decisions === undefined) return;
    for (let i = 0; i < decisions.length; i++) {
      if (decisions[i] === 0 || this.left[i] === 0) continue;
      this.left[i] = (this.left[i] ?? 0) - 1;
      (this.found[this.rules[i] ?? ''] ??= []).push({ seed, index });
    }
  }

  /** What was learned since the last call. */
  take(): Readonly<Record<RuleId, readonly Example[]>> {
    const { found } = this;
    this.found = {};
    return found;
  }
}
