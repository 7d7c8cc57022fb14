import type { TimelineRow } from '../campaign/family.js';
import type { Finding, Reproduction } from '../campaign/types.js';
import { verdictLine } from '../oracle/verdictLine.js';
import { oneLine, printable } from '../util/text.js';
import type { RuleBook } from './rules.js';
import { type Terminal, stylesOf } from './terminal.js';
import { hanging } from './text.js';
import { formatMismatches, furtherDetail } from './verdict.js';

/** A finding for people: the broken rule in words, the minimized steps, how often it comes back, and where it is kept. */
export function formatFinding(finding: Finding, rules: RuleBook, terminal: Terminal): string[] {
  const { bold, red, yellow } = stylesOf(terminal);
  const steps = stepRows(finding.timeline);
  const title = `${finding.verdict.kind}: ${printable(finding.signature)}`;
  return [
    finding.known === undefined ? bold(red(title)) : bold(yellow(`${title} (known: ${printable(finding.known)})`)),
    ...verdictLines(finding, rules, steps.length, terminal),
    '  steps:',
    ...steps.flatMap((row, i) => hanging(`    ${i + 1}. `, printable(row.step), terminal.columns)),
    ...hanging('  reproduced: ', reproductionSentence(finding.reproduction), terminal.columns),
    ...hanging('  minimized:  ', printable(finding.minimized), terminal.columns),
    ...hanging('  found by:   ', `fast-check seed ${finding.seed}, path ${printable(finding.path)}`, terminal.columns),
    ...fileLines(finding, terminal),
  ];
}

function verdictLines(finding: Finding, rules: RuleBook, steps: number, terminal: Terminal): string[] {
  const further = furtherDetail(finding.verdict, terminal);
  if (finding.mismatches.length > 0)
    return [...formatMismatches(finding.mismatches, rules, steps, terminal), ...further];
  return [...hanging('  ', verdictLine(finding.verdict), terminal.columns), ...further];
}

function fileLines(finding: Finding, terminal: Terminal): string[] {
  const { red } = stylesOf(terminal);
  if (finding.file === undefined) return [red(`  file:       ${printable(finding.saveError ?? 'it was not saved')}`)];
  return [`  file:       ${finding.file}`, `  see it:     faultline show ${finding.file}`];
}

/** `came back in 20 of 20 tries, and in 5 of 5 on a new virtual machine`. */
export function reproductionSentence({ tries, hits, freshTries, freshHits }: Reproduction): string {
  if (tries + freshTries === 0) return 'not tried again';
  const fresh =
    freshTries === 0 ? '' : `, and in ${freshHits} of ${freshTries} in a new process with a new virtual machine`;
  return `came back in ${hits} of ${tries} tries${fresh}`;
}

/** The rows of a timeline that are steps: without that of what the driver reports after the last one. */
function stepRows(timeline: readonly TimelineRow[]): readonly TimelineRow[] {
  return timeline.at(-1)?.step === 'end' ? timeline.slice(0, -1) : timeline;
}

/** A finding in one line. */
export function findingLine({ known, signature, file }: Finding): string {
  if (known !== undefined) return `known (${known}): ${oneLine(signature)}`;
  return `finding: ${oneLine(signature)}: ${file ?? 'could not be saved'}`;
}
