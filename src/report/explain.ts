import type { Effect, Explained, Explanation } from '../triage/explain.js';
import { plural, printable } from '../util/text.js';
import { reproductionSentence } from './finding.js';
import { type Terminal, stylesOf } from './terminal.js';
import { hanging } from './text.js';

/** Values of one kind that are listed; the rest is counted. */
const MAX_VALUES = 8;
const EFFECTS: readonly Effect[] = ['passes', 'unasked', 'other', 'fails'];

/** Which fields of the scenario matter, what matters first. */
export function formatExplanation(explanation: Explanation, terminal: Terminal): string[] {
  const { bold, dim } = stylesOf(terminal);
  const { first, fields, rules, executions } = explanation;
  const part = (matters: boolean | undefined): readonly Explained[] =>
    fields.filter((field) => field.matters === matters);
  const section = (title: string, lines: readonly string[]): string[] =>
    lines.length === 0 ? [] : ['', bold(title), ...lines];
  return [
    bold(`${printable(rules.join(', '))}: ${reproductionSentence(first.reproduction)}`),
    ...section(
      'Matters',
      part(true).flatMap((field) => hanging(`  ${nameOf(field)}: `, effectWords(field, rules), terminal.columns)),
    ),
    ...section(
      'Does not matter',
      part(false).flatMap((field) =>
        hanging(`  ${nameOf(field)}: `, effectWords(field, rules), terminal.columns).map(dim),
      ),
    ),
    ...section(
      'Cannot be told here',
      part(undefined).flatMap((field) =>
        hanging(`  ${nameOf(field)}: `, printable(field.tried[0]?.detail ?? 'it was not tried'), terminal.columns),
      ),
    ),
    '',
    `${plural(
      fields.reduce((sum, { tried }) => sum + tried.length, 0),
      'change',
    )} of ${plural(fields.length, 'field')}, ${plural(executions, 'execution')}`,
  ];
}

function nameOf({ field, from }: Explained): string {
  return printable(from === '' ? field : `${field} ${from}`);
}

/** `shmem, hugetlb pass; memfd keeps it`. */
function effectWords({ tried, matters }: Explained, rules: readonly string[]): string {
  const parts = EFFECTS.flatMap((effect) => {
    const these = tried.filter((one) => one.effect === effect);
    if (these.length === 0 || (matters === false && effect !== 'fails')) return [];
    return [
      `${valuesWords(these.map(({ to }) => to))} ${verbOf(effect, these.length === 1, these[0]?.detail ?? '', rules)}`,
    ];
  });
  return printable(parts.join('; '));
}

function valuesWords(values: readonly string[]): string {
  const rest = values.length - MAX_VALUES;
  return values.slice(0, MAX_VALUES).join(', ') + (rest > 0 ? ` and ${rest} more` : '');
}

function verbOf(effect: Effect, one: boolean, detail: string, rules: readonly string[]): string {
  switch (effect) {
    case 'passes':
      return one ? 'passes' : 'pass';
    case 'unasked':
      return `${one ? 'passes' : 'pass'}, as ${rules.join(', ')} decides nothing then`;
    case 'other':
      return `${one ? 'breaks' : 'break'} ${detail}`;
    case 'fails':
      return one ? 'keeps it' : 'keep it';
    case 'unable':
      return 'cannot be executed here';
  }
}
