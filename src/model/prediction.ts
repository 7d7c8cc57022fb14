import type { RuleId } from './rule.js';

/** What every family's expectation says beside what it expects. */
export interface Prediction {
  /** The scenario cannot run on this machine: why, in one sentence. Nothing else is meaningful then. */
  readonly skip: string | undefined;
  /** How often each rule decided something in this prediction. */
  readonly decided: ReadonlyMap<RuleId, number>;
  /** The same by the rules' places in the family's list, for those who add up many. */
  readonly decisions: readonly number[];
}
