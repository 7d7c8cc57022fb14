import type { TimelineRow } from './family.js';

/** Lines that a row keeps of each side. A step that never ends can have a hundred thousand events. */
const MAX_LINES = 100;

function bounded(lines: readonly string[]): readonly string[] {
  if (lines.length <= MAX_LINES) return lines;
  const half = MAX_LINES / 2;
  const left = lines.length - 2 * half;
  return [...lines.slice(0, half), `… ${left.toLocaleString('en')} more lines …`, ...lines.slice(-half)];
}

/** The rows with the middle of overlong ones left out: reports and case files stay readable. */
export function boundedTimeline(rows: readonly TimelineRow[]): readonly TimelineRow[] {
  return rows.map((row) => ({ ...row, expected: bounded(row.expected), observed: bounded(row.observed) }));
}
