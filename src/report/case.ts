import type { Case } from '../corpus/case.js';
import { printable } from '../util/text.js';
import { reproductionSentence } from './finding.js';
import { type Terminal, stylesOf } from './terminal.js';
import { formatTimeline } from './timeline.js';
import { hanging } from './text.js';

/** A case as its file records it: what it is about, the rules in words, the timeline. */
export function formatCaseReport(file: string, value: Case, terminal: Terminal): string[] {
  const { bold } = stylesOf(terminal);
  const field = (name: string, text: string): string[] =>
    text === '' ? [] : hanging(`${name}:`.padEnd(13), printable(text), terminal.columns);
  const { found } = value;
  return [
    bold(printable(value.title)),
    ...field('file', file),
    ...field('kind', `${value.kind} (family ${value.family})`),
    ...field('signature', value.signature ?? ''),
    ...value.note.split('\n').flatMap((line, i) => field(i === 0 ? 'note' : '', line)),
    ...value.rules.flatMap(({ id, sentence }) =>
      field(value.kind === 'finding' ? 'broken rule' : 'rule', `${id}: ${sentence}`),
    ),
    ...(found === undefined ? [] : foundLines(found, field)),
    ...(value.timeline === undefined ? [] : ['', bold('Recorded'), ...formatTimeline(value.timeline, terminal)]),
  ];
}

function foundLines(found: NonNullable<Case['found']>, field: (name: string, text: string) => string[]): string[] {
  const { kernelRelease, kvmModule, cpuModel } = found.profile;
  const machine = [kernelRelease, kvmModule, cpuModel].filter((fact) => fact !== undefined).map(String);
  return [
    ...field('found on', machine.join(', ')),
    ...field('found by', `fast-check seed ${found.seed}, path ${found.path}`),
    ...field('minimized', found.minimized),
    ...field('reproduced', reproductionSentence(found.reproduction)),
  ];
}
