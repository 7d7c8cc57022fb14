import { writeFileSync } from 'node:fs';
import { Option, type Command } from 'commander';
import pLimit from 'p-limit';
import type { Family } from '../campaign/family.js';
import { loadCases, type LoadedCase, type LoadProblem } from '../corpus/load.js';
import { loadKnown } from '../corpus/known.js';
import { toJson } from '../report/json.js';
import { machineWords } from '../report/machine.js';
import { formatMatrix, matrixMarkdown } from '../report/matrix.js';
import { matrixHtml } from '../report/matrixHtml.js';
import { judgeReplay, REPLAY_STATUSES, type Replayed } from '../triage/replay.js';
import { matrixOf, type Matrix, type TargetRun } from '../triage/matrix.js';
import { errorMessage } from '../util/errno.js';
import { oneLine } from '../util/text.js';
import type { Executor } from './executor.js';
import { CommandError, EXIT, type ExitCode } from './exit.js';
import { allFamilies, parsersOf } from './families.js';
import { integerOption } from './options.js';
import type { Output } from './output.js';
import { openTarget } from './target.js';

const FORMATS = ['text', 'markdown', 'html', 'json'] as const;
/** Emulated machines take a processor each. */
const DEFAULT_JOBS = 2;
const MAX_TIMES = 1000;

interface MatrixOptions {
  readonly targets: readonly string[];
  readonly corpus: string;
  readonly times: number;
  readonly jobs: number;
  readonly format: (typeof FORMATS)[number];
  readonly output?: string;
}

export function addMatrix(program: Command, output: Output, done: (code: ExitCode) => void): void {
  program
    .command('matrix')
    .description('replay cases on several targets and show side by side where they differ, and why')
    .argument('[cases...]', 'files and directories of cases (default: the corpus)')
    .requiredOption('--targets <list>', 'targets, separated by commas', (text: string) => text.split(','))
    .option('--corpus <dir>', 'directory of the corpus, which also holds the known divergences', 'corpus')
    .option('--times <n>', 'executions of each case', integerOption(1, MAX_TIMES), 1)
    .option('--jobs <n>', 'targets at a time', integerOption(1, 64), DEFAULT_JOBS)
    .addOption(new Option('--format <format>', 'what is printed').choices(FORMATS).default('text'))
    .option('--output <file>', 'write it there instead of printing it')
    .addHelpText(
      'after',
      '\nExample:\n  $ faultline matrix --targets local,qemu:amd64-6.1,qemu:arm64 --format html --output matrix.html' +
        '\n\nExit codes: 1 when any cell is a failure, 3 when a target could not be used, 4 when every cell is a skip.',
    )
    .action(async (paths: readonly string[], options: MatrixOptions) => {
      done(await matrix(paths.length === 0 ? [options.corpus] : paths, options, output));
    });
}

async function matrix(paths: readonly string[], options: MatrixOptions, output: Output): Promise<ExitCode> {
  const families = await allFamilies();
  const { cases, errors } = loadCases(paths, parsersOf(families));
  for (const { line } of errors) output.err.print(line);
  if (cases.length === 0)
    throw new CommandError(
      EXIT.usage,
      `there is no case in ${paths.join(', ')}; faultline fuzz keeps what it finds there`,
    );
  const limit = pLimit(options.jobs);
  const runs = await Promise.all(
    options.targets.map((target) => limit(() => runTarget(target, cases, families, options, output))),
  );
  const result = matrixOf(runs);
  print(result, errors, options, output);
  return exitCodeFor(result, errors);
}

/** Every case on one target. What goes wrong with the target ends its column, not the matrix. */
async function runTarget(
  target: string,
  cases: readonly LoadedCase[],
  families: ReadonlyMap<string, Family<unknown, unknown>>,
  options: MatrixOptions,
  output: Output,
): Promise<TargetRun> {
  const results: Replayed[] = [];
  const started = performance.now();
  let startMs = 0;
  let machine: string | undefined;
  let problem: string | undefined;
  const names = [...families.keys()].filter((name) => cases.some((loaded) => loaded.case.family === name));
  try {
    for (const name of names) {
      output.err.print(`${target}: starting`);
      const executor = await openTarget(name, target, {}, (line) => {
        output.err.print(`${target}: ${line}`);
      });
      try {
        machine ??= machineWords(executor.ready.profile);
        startMs += performance.now() - started;
        output.err.print(`${target}: ${machine}`);
        await replayOn(executor, name, cases, options, results);
      } finally {
        await executor.close();
      }
    }
  } catch (error) {
    problem = oneLine(errorMessage(error), 1000);
    output.err.print(`${target}: ${problem}`);
  }
  return { target, machine, problem, results, startMs, runMs: performance.now() - started - startMs };
}

async function replayOn(
  executor: Executor,
  family: string,
  cases: readonly LoadedCase[],
  { corpus, times }: MatrixOptions,
  results: Replayed[],
): Promise<void> {
  const { profile } = executor.ready;
  const { known } = loadKnown(corpus, family, profile);
  for (const loaded of cases) {
    if (loaded.case.family !== family) continue;
    const judged = await executor.execute(loaded.case.scenario, times, false);
    results.push(judgeReplay(loaded, judged, known, executor.ready));
  }
}

function print(
  result: Matrix,
  errors: readonly LoadProblem[],
  { format, output: file }: MatrixOptions,
  output: Output,
): void {
  const text = {
    text: () => `${formatMatrix(result, output.out.terminal).join('\n')}\n`,
    markdown: () => matrixMarkdown(result),
    html: () => matrixHtml(result),
    json: () => `${toJson('matrix', { ...result, errors })}\n`,
  }[format]();
  if (file === undefined) {
    output.out.write(text);
    return;
  }
  try {
    writeFileSync(file, text);
  } catch (error) {
    output.out.write(text);
    throw new CommandError(EXIT.usage, `${file} cannot be written (${errorMessage(error)}); it is printed instead`);
  }
}

/** What is worst counts. */
function exitCodeFor({ rows, targets }: Matrix, errors: readonly LoadProblem[]): ExitCode {
  const severities = rows.flatMap(({ cells }) =>
    cells.flatMap(({ status }) => (status === 'unreached' ? [] : [REPLAY_STATUSES[status].severity])),
  );
  if (severities.includes('failure')) return EXIT.divergence;
  if (severities.includes('harness') || targets.some(({ problem }) => problem !== undefined)) return EXIT.harness;
  if (errors.length > 0) return EXIT.usage;
  return severities.every((severity) => severity === 'skip') ? EXIT.skipped : EXIT.ok;
}
