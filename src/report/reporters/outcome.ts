import type { Verdict } from '../../oracle/verdict.js';
import type { Replayed, ReplayStatus } from '../../triage/replay.js';
import { oneLine, printable } from '../../util/text.js';
import { type RuleBook, sentenceOf } from '../rules.js';
import { stepName } from '../verdict.js';
import type { CaseResult } from './reporter.js';

/** What continuous integration tells apart. */
export type Outcome = 'pass' | 'known' | 'skip' | 'fail' | 'error';

const OUTCOMES: Readonly<Record<ReplayStatus, Outcome>> = {
  ok: 'pass',
  gone: 'pass',
  known: 'known',
  skip: 'skip',
  broken: 'fail',
  fails: 'fail',
  undecided: 'fail',
  harness: 'error',
  missed: 'error',
};

export function outcomeOf({ status }: Replayed): Outcome {
  return OUTCOMES[status];
}

/** How often each outcome came up. */
export function countOutcomes(results: readonly CaseResult[]): Record<Outcome, number> {
  const counts = { pass: 0, known: 0, skip: 0, fail: 0, error: 0 };
  for (const { replayed } of results) counts[outcomeOf(replayed)] += 1;
  return counts;
}

/** What a case is about to be blamed for: the first execution that did not match. */
export function faultOf({ verdicts }: Replayed): Verdict | undefined {
  return verdicts.find(({ kind }) => kind === 'divergence' || kind === 'crash' || kind === 'hang');
}

/** Rules and lines of detail that are printed. */
const MAX_RULES = 8;
const MAX_DETAIL = 20;

/** Why a case did not pass, in lines: each broken rule with its sentence, the first mismatch, what a crash left behind. */
export function explain({ replayed, steps }: CaseResult, rules: RuleBook): string[] {
  const fault = faultOf(replayed);
  const lines = [printable(replayed.title)];
  if (replayed.detail !== '') lines.push(printable(replayed.detail));
  if (fault?.kind === 'divergence') lines.push(...explainDivergence(fault.mismatches, steps, rules));
  if (fault?.kind === 'crash' || fault?.kind === 'hang') {
    lines.push(
      ...fault.detail
        .split('\n')
        .slice(0, MAX_DETAIL)
        .map((line) => oneLine(line)),
    );
  }
  lines.push(`file: ${printable(replayed.file)}`);
  return lines;
}

type Mismatches = Extract<Verdict, { kind: 'divergence' }>['mismatches'];

function explainDivergence(mismatches: Mismatches, steps: number, rules: RuleBook): string[] {
  const broken = [...new Set(mismatches.map(({ rule }) => rule))];
  const [first] = mismatches;
  return [
    ...broken.slice(0, MAX_RULES).map((rule) => `rule ${printable(rule)}: ${sentenceOf(rules, rule)}`),
    `${stepName(first.step, steps)}, ${printable(first.rule)}:`,
    `  expected: ${printable(first.expected)}`,
    `  observed: ${printable(first.observed)}`,
  ];
}
