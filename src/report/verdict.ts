import type { Mismatch, Verdict } from '../oracle/verdict.js';
import { verdictLine } from '../oracle/verdictLine.js';
import { plural, printable } from '../util/text.js';
import { type RuleBook, sentenceOf } from './rules.js';
import { type Terminal, stylesOf } from './terminal.js';
import { clip, hanging } from './text.js';

/** Mismatches that are printed; the rest is counted. */
const MAX_MISMATCHES = 20;

/** A verdict in full: each broken rule in words, what was expected and what was observed. */
export function formatVerdict(verdict: Verdict, rules: RuleBook, steps: number, terminal: Terminal): string[] {
  const { bold, green, yellow, red } = stylesOf(terminal);
  const line = verdictLine(verdict);
  switch (verdict.kind) {
    case 'match':
      return [green(line)];
    case 'skip':
      return [yellow(line)];
    case 'crash':
    case 'hang':
    case 'harness':
      return [bold(red(line)), ...furtherDetail(verdict, terminal)];
    case 'divergence':
      return [bold(red(line)), ...formatMismatches(verdict.mismatches, rules, steps, terminal)];
  }
}

/** Each mismatch with its rule's sentence. */
export function formatMismatches(
  mismatches: readonly Mismatch[],
  rules: RuleBook,
  steps: number,
  terminal: Terminal,
): string[] {
  const { bold } = stylesOf(terminal);
  const indent = '      ';
  const lines = mismatches.slice(0, MAX_MISMATCHES).flatMap((mismatch) => {
    const rule = rules.get(mismatch.rule);
    const source = rule?.source === undefined ? [] : [`${rule.tier ?? ''}; ${rule.source}`];
    return [
      `  ${stylesOf(terminal).red('✗')} ${bold(printable(mismatch.rule))}, ${stepName(mismatch.step, steps)}`,
      ...hanging(`${indent}rule:     `, sentenceOf(rules, mismatch.rule), terminal.columns),
      ...source.flatMap((text) => hanging(`${indent}          `, `(${printable(text)})`, terminal.columns)),
      ...hanging(`${indent}expected: `, printable(mismatch.expected), terminal.columns),
      ...hanging(`${indent}observed: `, printable(mismatch.observed), terminal.columns),
    ];
  });
  const rest = mismatches.length - MAX_MISMATCHES;
  return rest <= 0 ? lines : [...lines, `  and ${plural(rest, 'more mismatch', 'more mismatches')}`];
}

/** A step as people count them. What the driver reports after the last one has a step number beyond it. */
export function stepName(step: number, steps: number): string {
  return step < steps ? `step ${step + 1}` : 'after the last step';
}

/** What there is to say beyond {@link verdictLine}: what the worker wrote, lines of the kernel log. */
export function furtherDetail(verdict: Verdict, terminal: Terminal): string[] {
  if (!('detail' in verdict)) return [];
  const lines = verdict.detail.split('\n').slice(1);
  return lines.map((line) => `      ${clip(printable(line), terminal.columns - 6)}`);
}
