import type { Case } from '../corpus/case.js';
import { verdictLine } from '../oracle/verdictLine.js';
import type { Minimized, Size } from '../triage/minimize.js';
import { grouped, plural, printable } from '../util/text.js';
import { reproductionSentence } from './finding.js';
import { type Terminal, stylesOf } from './terminal.js';
import { formatTimeline } from './timeline.js';

/** What became of a case that was minimized. */
export function formatMinimized(minimized: Minimized, value: Case, file: string, terminal: Terminal): string[] {
  const { bold, green, yellow } = stylesOf(terminal);
  const { end, first, last, before, now, executions } = minimized;
  if (end === 'gone') {
    const other = first.other === undefined ? '' : ` What came: ${verdictLine(first.other.execution.verdict)}.`;
    return [green(`It does not fail here with its signature; nothing was changed.${other}`)];
  }
  if (end === 'lost')
    return [yellow('The smaller scenario did not come back when it was tried again: the case stays as it is.')];
  const ends = end === 'minimal' ? 'nothing more can go' : 'stopped before the end; --resume goes on from here';
  return [
    ...formatTimeline(value.timeline ?? [], terminal),
    '',
    bold(`${sizeWords(before)} before, ${sizeWords(now)} now, after ${plural(executions, 'execution')}; ${ends}`),
    `reproduced: ${reproductionSentence(last.reproduction)}`,
    `file:       ${printable(file)}`,
  ];
}

/** `3 steps (complexity 3,002,041,000)`. */
export function sizeWords({ steps, complexity }: Size): string {
  return plural(steps, 'step') + (complexity === undefined ? '' : ` (complexity ${grouped(complexity)})`);
}
