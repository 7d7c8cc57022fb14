import type { RuleId } from '../model/expectation.js';

/** One thing that was seen and is not allowed, or was demanded and not seen. */
export interface Mismatch {
  readonly rule: RuleId;
  /** Step index, or END_STEP. */
  readonly step: number;
  /** For people: what the model said, what the driver saw. */
  readonly expected: string;
  readonly observed: string;
}

export type Verdict =
  | { readonly kind: 'match' }
  | { readonly kind: 'divergence'; readonly mismatches: readonly [Mismatch, ...Mismatch[]] }
  | { readonly kind: 'skip'; readonly reason: string }
  /** The worker process died (`detail`: signal or exit code, last kernel lines). */
  | { readonly kind: 'crash'; readonly detail: string }
  /** The scenario did not end in time. `step` is the one it was in. */
  | { readonly kind: 'hang'; readonly step: number; readonly detail: string }
  /** The tool itself failed; never a finding about the system under test. */
  | { readonly kind: 'harness'; readonly detail: string };
