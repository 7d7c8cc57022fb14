import { printable } from '../util/text.js';
import type { Mismatch, Verdict } from './verdict.js';

/** One line that says what came out. */
export function verdictLine(verdict: Verdict): string {
  switch (verdict.kind) {
    case 'match':
      return 'match: everything that was observed is what the model allows';
    case 'divergence':
      return `divergence: ${brokenRules(verdict.mismatches).join(', ')}`;
    case 'skip':
      return `skip: ${printable(verdict.reason)}`;
    case 'crash':
      return `crash: ${firstLine(verdict.detail)}`;
    case 'hang':
      return `hang in step ${verdict.step + 1}: ${firstLine(verdict.detail)}`;
    case 'harness':
      return `HARNESS: ${firstLine(verdict.detail)}`;
  }
}

/** Ids of the rules that broke, each once. */
export function brokenRules(mismatches: readonly Mismatch[]): string[] {
  return [...new Set(mismatches.map(({ rule }) => printable(rule)))];
}

function firstLine(text: string): string {
  return printable(text.split('\n', 1)[0] ?? '');
}
