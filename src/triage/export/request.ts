import type { Expectation, RuleId } from '../../model/expectation.js';
import type { Rule } from '../../model/rule.js';
import type { Profile } from '../../scenario/profile.js';
import type { Stage2Scenario } from '../../scenario/stage2.js';

/** What one file is written from. */
export interface ExportRequest {
  readonly scenario: Stage2Scenario;
  /** What the model demands of it on the machine of {@link profile}. */
  readonly expectation: Expectation;
  readonly profile: Profile;
  /** The machine in a few words. */
  readonly machine: string;
  readonly title: string;
  readonly note: string;
  /** `finding`: the rules are those that broke; `pinned`: those that it is there for. */
  readonly kind: 'pinned' | 'finding';
  readonly rules: readonly RuleId[];
  readonly ruleBook: readonly Rule[];
  /** A deliberate fault of the model in the expectation, if there is one. */
  readonly plantedRule: RuleId | undefined;
}

/** The case cannot be written as C; the message is one sentence. */
export class NotExportable extends Error {
  override readonly name = 'NotExportable';
}
