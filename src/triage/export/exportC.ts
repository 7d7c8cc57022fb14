/** One C file that does what a case does and checks what the model demands. */
import { stepText } from '../../campaign/families/stage2Words.js';
import type { StepExpectation } from '../../model/expectation.js';
import { GPA } from '../../scenario/stage2/layout.js';
import { armExport } from './aarch64/arch.js';
import type { ExportArch } from './arch.js';
import { dirtyLines } from './dirty.js';
import { outcomeLines, type MovedText } from './expected.js';
import { link } from './fragment.js';
import { headComment } from './head.js';
import { includes } from './headers.js';
import { library } from './library.js';
import { needsOf, type Needs } from './needs.js';
import { memoryLines } from './pages.js';
import type { ExportRequest } from './request.js';
import { regionTable, setUpText, type SetupParts } from './setup.js';
import { shapesOf } from './shape.js';
import { Statements } from './steps.js';
import { call, cString } from './text.js';
import { x86Export } from './x86_64/arch.js';

const OPEN: StepExpectation = { outcomes: [] };

function stepLines(
  words: string,
  statements: readonly string[],
  expectation: StepExpectation,
  moved: MovedText,
): string[] {
  const { outcomes, unspecified } = expectation;
  const body = [...call('begin_step', [cString(words)], 1), ...statements];
  if (outcomes.length === 0) return ['', ...body, ...call('end_open_step', [cString(unspecified ?? '')], 1)];
  const events = outcomes.flatMap((outcome) => outcome.events);
  return ['', ...body, ...outcomeLines(outcomes, 1, moved), ...dirtyLines(events, 1), '\tend_step();'];
}

/** The function `main`. */
function mainText(request: ExportRequest, needs: Needs, statements: Statements, { moved }: ExportArch): string {
  const { scenario, expectation } = request;
  const steps = scenario.steps.flatMap((step, i) => {
    const expected = expectation.steps[i] ?? OPEN;
    return stepLines(stepText(step), statements.lines(step, expected), expected, moved);
  });
  const last = [...(needs.uffd ? ['\tunregister_all();'] : []), ...(needs.fork ? ['\trelease_child();'] : [])];
  const lines = [...last, ...memoryLines(expectation, 1)];
  const end = stepLines('what memory holds at the end', lines, expectation.end, moved);
  return [
    'int main(void)',
    '{',
    '\tsetvbuf(stdout, NULL, _IOLBF, 0);',
    '\tprintf("KTAP version 1\\n");',
    '\tset_up();',
    `\tprintf("1..${scenario.steps.length + 1}\\n");`,
    ...steps,
    ...end,
    '',
    '\treturn failures > 0;',
    '}',
  ].join('\n');
}

/**
 * The C file of a case: libc and kernel headers are all that it needs. It prints KTAP and exits with 0 (as the model says),
 * 1 (not so) or 4 (this machine lacks something).
 *
 * @throws {NotExportable} when the case is not consistent in itself.
 */
export function exportC(request: ExportRequest): string {
  const { scenario } = request;
  const arch = scenario.arch === 'aarch64' ? armExport(request) : x86Export(request);
  const needs = needsOf(request, arch.ops);
  const shapes = shapesOf(scenario.config);
  const parts: SetupParts = {
    config: scenario.config,
    steps: scenario.steps,
    shapes,
    needs,
    ringCapability: arch.ringCapability,
    machine: arch.machine(needs),
  };
  const table = regionTable(parts, (shape) => arch.gva(shape), arch.noneGva, GPA.none);
  const main = mainText(request, needs, new Statements(needs, shapes, arch.statements), arch);
  const pieces = link(main, library(request, arch, needs, table, setUpText(parts))).map(({ text }) => text);
  const body = [...pieces, main].join('\n\n');
  return `${headComment(request)}\n${includes(body)}\n\n${body}\n`;
}
