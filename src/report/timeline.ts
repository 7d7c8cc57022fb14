import type { TimelineRow } from '../campaign/family.js';
import { printable } from '../util/text.js';
import { type Terminal, stylesOf } from './terminal.js';
import { wrap } from './text.js';

const INDENT = '     ';
const GAP = ' │ ';
/** Below this width the two sides stand one above the other. */
const SIDE_BY_SIDE_COLUMNS = 72;

/** Every step in words, with what was expected and what was observed side by side. */
export function formatTimeline(
  rows: readonly TimelineRow[],
  terminal: Terminal,
  broken?: ReadonlySet<number>,
): string[] {
  return rows.flatMap((row, i) => formatRow(row, i, terminal, broken?.has(i) ?? false));
}

function formatRow(row: TimelineRow, index: number, terminal: Terminal, isBroken: boolean): string[] {
  const { bold, red } = stylesOf(terminal);
  const number = (index + 1).toString().padStart(3);
  const head = wrap(printable(row.step), terminal.columns - INDENT.length);
  const mark = isBroken ? red('✗') : ' ';
  const title = head.map((line, i) => (i === 0 ? `${number}${mark} ` : INDENT) + bold(line));
  const sides = terminal.columns < SIDE_BY_SIDE_COLUMNS ? stacked(row, terminal) : sideBySide(row, terminal);
  return [...title, ...sides];
}

function sideBySide(row: TimelineRow, terminal: Terminal): string[] {
  const { dim } = stylesOf(terminal);
  const width = Math.floor((terminal.columns - INDENT.length - GAP.length) / 2);
  const left = side('expected', row.expected, width);
  const right = side('observed', row.observed, width);
  return Array.from({ length: Math.max(left.length, right.length) }, (_, i) =>
    `${INDENT}${(left[i] ?? '').padEnd(width)}${dim(GAP)}${right[i] ?? ''}`.trimEnd(),
  );
}

function stacked(row: TimelineRow, terminal: Terminal): string[] {
  const width = terminal.columns - INDENT.length;
  return [...side('expected', row.expected, width), ...side('observed', row.observed, width)].map(
    (line) => INDENT + line,
  );
}

function side(name: string, lines: readonly string[], width: number): string[] {
  const label = `${name}: `;
  const texts = lines.length === 0 ? ['nothing'] : lines;
  return texts
    .flatMap((line) => wrap(printable(line), width - label.length))
    .map((line, i) => (i === 0 ? label : ' '.repeat(label.length)) + line);
}
