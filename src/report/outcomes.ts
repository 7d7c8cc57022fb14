import {
  outcomesByCall,
  unseenOutcomes,
  type OutcomeCoverage,
  type UnseenOutcomes,
} from '../campaign/coverage/outcomes.js';
import { grouped, printable } from '../util/text.js';
import type { Terminal } from './terminal.js';
import { hanging } from './text.js';

/** How each call ended, one line for a call: `UFFDIO_WAKE  ok 12,345  EINVAL 67`. */
export function outcomeLines(coverage: OutcomeCoverage | undefined, terminal: Terminal): string[] {
  if (coverage === undefined) return [];
  const calls = outcomesByCall(coverage);
  const width = Math.max(0, ...calls.map(({ call }) => call.length));
  return calls.flatMap(({ call, ends }) => {
    const words = ends.map(([end, count]) => `${printable(end)} ${grouped(count)}`).join(', ');
    return hanging(`  ${printable(call).padEnd(width)}  `, words === '' ? 'not called' : words, terminal.columns);
  });
}

/** What the documentation of the calls names and nothing showed, and why where it cannot be. */
export function unseenOutcomeLines(coverage: OutcomeCoverage | undefined, terminal: Terminal): string[] {
  if (coverage === undefined) return [];
  return unseenOutcomes(coverage).flatMap((unseen) => hanging('  ', printable(unseenText(unseen)), terminal.columns));
}

/** `UFFDIO_MOVE EBUSY, UFFDIO_MOVE ESRCH`, and behind them why they cannot be. */
export function unseenText({ names, impossible }: UnseenOutcomes): string {
  return `${names.join(', ')}${impossible === undefined ? '' : `: cannot be here, ${impossible}`}`;
}
