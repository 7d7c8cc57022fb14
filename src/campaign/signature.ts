import type { Mismatch, Verdict } from '../oracle/verdict.js';
import type { Family } from './family.js';

/** What makes two findings the same, and its parts. */
export interface Signature {
  readonly text: string;
  /** Rules that broke in the first step that broke; for a hang or crash its kind. */
  readonly rules: readonly string[];
  readonly shape: string;
}

/** Verdicts that are findings. */
export type Fault = Extract<Verdict, { kind: 'divergence' | 'crash' | 'hang' }>;

export function isFault(verdict: Verdict): verdict is Fault {
  return verdict.kind === 'divergence' || verdict.kind === 'crash' || verdict.kind === 'hang';
}

/**
 * The signature of a fault: family, the rules of the first broken step in order of their ids, and the family's shape.
 *
 * @param crashStep the step in which a crash happened; the other verdicts know theirs.
 */
export function signatureOf<S, O>(family: Family<S, O>, scenario: S, verdict: Fault, crashStep = 0): Signature {
  const broken = firstBroken(verdict, crashStep);
  const rules = [...new Set(broken.map(({ rule }) => rule))].sort();
  const shape = family.shape(scenario, broken[0]);
  return { text: `${family.name}/${rules.join('+')}/${shape}`, rules, shape };
}

/** Mismatches of the first broken step. A hang or crash is treated as one of a rule of that name in the step in progress. */
function firstBroken(verdict: Fault, crashStep: number): readonly Mismatch[] {
  if (verdict.kind === 'crash') return [{ rule: 'crash', step: crashStep, expected: 'it lives', observed: 'it died' }];
  if (verdict.kind === 'hang') return [{ rule: 'hang', step: verdict.step, expected: 'it ends', observed: 'it hangs' }];
  const first = Math.min(...verdict.mismatches.map(({ step }) => step));
  return verdict.mismatches.filter(({ step }) => step === first);
}
