/** Rule id, as in docs/rules.md. */
export type RuleId = string;

/** `contract`: documented ABI or architecture. `implementation`: what kernels do today and could change. */
export type Tier = 'contract' | 'implementation';

/** A named statement of the model. */
export interface Rule {
  readonly id: string;
  readonly tier: Tier;
  /** One sentence that is true of a correct machine. */
  readonly sentence: string;
  /** Document and section, or the test that it comes from. */
  readonly source: string;
  /** The only architecture that the sentence is about, if there is one. */
  readonly arch?: string | undefined;
}
