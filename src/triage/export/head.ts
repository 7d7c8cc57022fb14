/** The comment at the head of the file: what the case is about, and how it is run. */
import { printable } from '../../util/text.js';
import type { ExportRequest } from './request.js';
import { blockComment } from './text.js';

function ruleParagraphs({ rules, ruleBook }: ExportRequest): string[] {
  return rules.flatMap((id) => {
    const rule = ruleBook.find((one) => one.id === id);
    return [
      `  ${id}`,
      `    ${rule?.sentence ?? 'A rule that this build does not know.'}`,
      ...(rule === undefined ? [] : [`    (${rule.tier}; ${rule.source})`]),
    ];
  });
}

/** Title, rules, machine and how to run it. */
export function headComment(request: ExportRequest): string {
  const { title, note, kind, machine, plantedRule } = request;
  const paragraphs = [
    title,
    '',
    ...note.split('\n').map((line) => printable(line)),
    '',
    kind === 'finding' ? 'Broken:' : 'Checked:',
    ...ruleParagraphs(request),
    '',
    `What is expected is what holds for ${machine}.`,
    ...(plantedRule === undefined
      ? []
      : ['', `SELF-TEST: the expectation takes ${plantedRule} not to hold, so a correct kernel fails here.`]),
    '',
    '  cc -Wall -Wextra -O2 -pthread case.c -o case && ./case',
    '',
    'KTAP on standard output. Exit code 0: as expected; 1: not; 4: skipped, this machine lacks something; 3: the test itself failed.',
    '',
    'Written by faultline export.',
  ];
  return `// SPDX-License-Identifier: MIT\n${blockComment(paragraphs)}`;
}
