/** A report that is ready to be sent: what breaks, on which machine, how often, and the C file that shows it. */
import type { TimelineRow } from '../../campaign/family.js';
import type { RuleId } from '../../model/expectation.js';
import { printable } from '../../util/text.js';
import { exportC } from './exportC.js';
import type { ExportRequest } from './request.js';
import { lines } from './text.js';

/** What executing the case a few times gave. */
export interface Tried {
  readonly times: number;
  /** Executions that did not match. */
  readonly hits: number;
  /** Rules that broke in the first of these, in order. */
  readonly broken: readonly RuleId[];
  readonly timeline: readonly TimelineRow[];
}

export interface MailRequest extends ExportRequest {
  readonly tried: Tried;
  /** How often it came back where it was found, in one sentence. */
  readonly recorded: string | undefined;
  /** Name of the C file. */
  readonly fileName: string;
}

const COLUMNS = 76;

function paragraph(text: string, indent = 0): string[] {
  return lines(text, COLUMNS - indent).map((line) => `${' '.repeat(indent)}${line}`.trimEnd());
}

/** `name:` and a text that hangs behind it. */
function field(name: string, text: string): string[] {
  const first = `${name}:`.padEnd(12);
  return lines(text, COLUMNS - first.length).map((line, i) => `${i === 0 ? first : ' '.repeat(first.length)}${line}`);
}

function heading(text: string): string[] {
  return ['', text, '-'.repeat(text.length)];
}

function ruleLines({ rules, ruleBook, tried }: MailRequest): string[] {
  const ids = tried.broken.length > 0 ? tried.broken : rules;
  return [...new Set(ids)].flatMap((id) => {
    const rule = ruleBook.find((one) => one.id === id);
    const source = rule === undefined ? [] : paragraph(`Source (${rule.tier}): ${rule.source}`, 2);
    return [
      ...paragraph(`${id}:`),
      ...paragraph(rule?.sentence ?? 'A rule that this build does not know.', 2),
      ...source,
    ];
  });
}

function reproductionText({ tried, recorded }: MailRequest): string {
  const here = `in ${tried.hits} of ${tried.times} tries on this machine, each in a new virtual machine`;
  return recorded === undefined ? here : `${here}; where it was found it ${recorded}`;
}

function sideLines(name: string, texts: readonly string[]): string[] {
  return (texts.length === 0 ? ['nothing'] : texts).flatMap((text, i) => {
    const first = i === 0 ? `   ${name}: ` : ' '.repeat(name.length + 5);
    return lines(text, COLUMNS - first.length).map((line, k) => `${k === 0 ? first : ' '.repeat(first.length)}${line}`);
  });
}

function timelineLines(rows: readonly TimelineRow[]): string[] {
  return rows.flatMap((row, i) => [
    ...lines(row.step, COLUMNS - 4).map((line, k) => `${k === 0 ? `${i + 1}.`.padEnd(4) : '    '}${line}`),
    ...sideLines('expected', row.expected),
    ...sideLines('observed', row.observed),
  ]);
}

/** The report as plain text; prose is at most 76 columns wide, the C file is as it is.
 *
 * @throws {NotExportable}
 */
export function exportMail(request: MailRequest): string {
  const { title, note, profile, machine, tried, fileName } = request;
  const fails = tried.hits > 0;
  const name = printable(fileName);
  const program = name.replace(/\.c$/, '');
  const text = [
    `Subject: KVM: ${printable(title)}`,
    '',
    ...note.split('\n').flatMap((line) => paragraph(line)),
    '',
    ...field('Kernel', profile.kernelRelease),
    ...field('Machine', machine),
    ...field(fails ? 'Reproduced' : 'Tried', reproductionText(request)),
    ...heading(tried.broken.length > 0 ? 'What breaks' : 'What is checked'),
    ...ruleLines(request),
    ...heading('What happens'),
    ...timelineLines(tried.timeline),
    ...heading('How to run it'),
    ...paragraph(
      'The file below needs only libc and the kernel headers. It prints KTAP and exits with 0 when the kernel does what is expected, with 1 when it does not, and with 4 when the machine lacks something.',
    ),
    '',
    `    cc -Wall -Wextra -pthread ${name} -o ${program} && ./${program}`,
    '',
    `--8<-- ${name} --8<--`,
    exportC(request).trimEnd(),
    `-->8-- ${name} -->8--`,
  ];
  return `${text.join('\n')}\n`;
}
