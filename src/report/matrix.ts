/** A corpus on several targets, side by side: for terminals, as Markdown, and as JSON. */
import { countsOf, type Cell, type Matrix, type Row, type TargetRun } from '../triage/matrix.js';
import { plural, printable } from '../util/text.js';
import { REPLAY_STATUSES } from '../triage/replay.js';
import { type Terminal, stylesOf } from './terminal.js';

/** What a cell says in one or two words. */
export function cellLabel({ status }: Cell): string {
  return status === 'unreached' ? '-' : REPLAY_STATUSES[status].label;
}

/** `ok 112, known 3, skip 4`. */
export function countsText(matrix: Matrix, column: number): string {
  const counts = [...countsOf(matrix, column)].map(([status, count]) => {
    return `${count} ${status === 'unreached' ? 'not reached' : status}`;
  });
  return counts.length === 0 ? 'nothing ran' : counts.join(', ');
}

/** The machine of a target in one line, or why there is none. */
export function machineText({ machine, problem }: TargetRun): string {
  if (machine === undefined) return problem ?? 'not reached';
  return problem === undefined ? machine : `${machine}; then: ${problem}`;
}

/** Seconds with one digit. */
export function secondsText(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

/** Cells that need an explanation, with the target and the reason. */
export function remarks(matrix: Matrix, row: Row): readonly string[] {
  return row.cells.flatMap((cell, i) => {
    if (cell.detail === '' || cell.status === 'unreached') return [];
    return [`${matrix.targets[i]?.target ?? ''}: ${cellLabel(cell)}: ${cell.detail}`];
  });
}

/** For people at a terminal: the targets, then the cases that are not `ok` everywhere, with reasons. */
export function formatMatrix(matrix: Matrix, terminal: Terminal): string[] {
  const { bold, red, green, yellow, dim } = stylesOf(terminal);
  const lines = matrix.targets.flatMap((run, i) => [
    `${bold(run.target)}  ${printable(machineText(run))}`,
    `  ${countsText(matrix, i)}, in ${secondsText(run.runMs)} after ${secondsText(run.startMs)} to start`,
  ]);
  const styles = { fine: green, skip: yellow, failure: red, harness: red } as const;
  const odd = matrix.rows.filter(({ cells }) => cells.some(({ status }) => status !== 'ok'));
  for (const row of odd) {
    const cells = row.cells.map((cell) => {
      const style = cell.status === 'unreached' ? dim : styles[REPLAY_STATUSES[cell.status].severity];
      return style(cellLabel(cell).padEnd(7));
    });
    lines.push('', `${row.differs ? bold('≠') : ' '} ${printable(row.file)}`, `    ${cells.join(' ')}`);
    lines.push(...grouped(matrix, row).map((line) => `    ${printable(line)}`));
  }
  const differing = matrix.rows.filter(({ differs }) => differs).length;
  lines.push(
    '',
    bold(`${plural(matrix.rows.length, 'case')}, ${plural(matrix.targets.length, 'target')}: ${differing} differ`),
  );
  return lines;
}

/** Remarks of a row; targets with the same reason share a line. */
export function grouped(matrix: Matrix, row: Row): readonly string[] {
  const targets = new Map<string, string[]>();
  row.cells.forEach((cell, i) => {
    if (cell.detail === '' || cell.status === 'unreached') return;
    const reason = `${cellLabel(cell)}: ${cell.detail}`;
    targets.set(reason, [...(targets.get(reason) ?? []), matrix.targets[i]?.target ?? '']);
  });
  return [...targets].map(([reason, names]) => `${names.join(', ')}: ${reason}`);
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('|', '\\|').replaceAll('\n', ' ').replaceAll('<', '&lt;');
}

/** For a wiki or a pull request. */
export function matrixMarkdown(matrix: Matrix): string {
  const targets = matrix.targets.map((run, i) => {
    return `| ${escaped(run.target)} | ${escaped(machineText(run))} | ${countsText(matrix, i)} | ${secondsText(run.runMs)} |`;
  });
  const rows = matrix.rows.map((row) => {
    const cells = row.cells.map((cell) => cellLabel(cell)).join(' | ');
    return `| ${row.differs ? '**≠** ' : ''}${escaped(row.file)} | ${cells} | ${escaped(grouped(matrix, row).join('; '))} |`;
  });
  const names = matrix.targets.map(({ target }) => escaped(target));
  return [
    '# Corpus by target',
    '',
    '| target | machine | cases | time |',
    '| --- | --- | --- | --- |',
    ...targets,
    '',
    `| case | ${names.join(' | ')} | why |`,
    `| --- |${' --- |'.repeat(names.length)} --- |`,
    ...rows,
    '',
  ].join('\n');
}
