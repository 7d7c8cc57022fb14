import { readSync } from 'node:fs';
import type { Command } from 'commander';
import type { Judged } from '../campaign/pipeline.js';
import { MAX_CASE_BYTES } from '../corpus/case.js';
import { FileError, parseJsonBytes, readJsonFile } from '../corpus/file.js';
import { parseWithin } from '../corpus/validate.js';
import { toJson } from '../report/json.js';
import { ruleBook } from '../report/rules.js';
import type { Terminal } from '../report/terminal.js';
import { formatTimeline } from '../report/timeline.js';
import { formatVerdict } from '../report/verdict.js';
import type { Verdict } from '../oracle/verdict.js';
import type { Target } from '../driver/targets/target.js';
import { errnoCode } from '../util/errno.js';
import { printable } from '../util/text.js';
import { Executor } from './executor.js';
import { CommandError, EXIT, type ExitCode } from './exit.js';
import { type AnyFamily, familyNamed } from './families.js';
import type { Output } from './output.js';
import { checkPlant } from './plant.js';
import { addTargetOptions, readyTarget, targetOf, type TargetOptions } from './target.js';

interface RunOptions extends TargetOptions {
  readonly fresh?: true;
  readonly plant: string;
  readonly json?: true;
}

export function addRun(program: Command, output: Output, done: (code: ExitCode) => void): void {
  const command = program
    .command('run')
    .description('execute one scenario and show what was expected and what was observed')
    .argument('<scenario>', 'file with a scenario or a case of the corpus; - is standard input');
  addTargetOptions(command)
    .option('--fresh', 'in a virtual machine that no other scenario has used')
    .option('--plant <fault>', 'self-test: commit a deliberate fault (none, driver:<fault>, model:<rule>)', 'none')
    .option('--json', 'print one JSON object')
    .addHelpText('after', '\nExample:\n  $ faultline run scenario.json\n  $ jq .scenario case.json | faultline run -')
    .action(async (path: string, options: RunOptions) => {
      const wanted = targetOf(options);
      const { family, scenario } = await readScenario(path);
      checkPlant(family, options.plant);
      const target = await readyTarget(wanted, (line) => {
        output.err.print(line);
      });
      const judged = await executeOnce(family, scenario, target, options);
      const { execution } = judged;
      if (options.json === true) output.out.print(toJson('run', { ...execution, signature: judged.signature?.text }));
      else output.out.print(...formatExecution(judged, family, output.out.terminal));
      done(exitCodeOf(execution.verdict));
    });
}

/** Reads a scenario, or the scenario of a case. */
async function readScenario(path: string): Promise<{ family: AnyFamily; scenario: unknown }> {
  const name = path === '-' ? 'standard input' : printable(path);
  try {
    const json = path === '-' ? parseJsonBytes(readStandardInput()) : readJsonFile(path);
    const isCase = isObject(json) && 'scenario' in json;
    const inner = isCase ? json['scenario'] : json;
    if (!isObject(inner) || typeof inner['family'] !== 'string')
      throw new FileError(`${isCase ? '$.scenario' : '$'}: this is no scenario: it has no family`);
    const family = await familyNamed(inner['family']);
    return { family, scenario: parseWithin(isCase ? '$.scenario' : '$', inner, (value) => family.parse(value)) };
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    throw new CommandError(EXIT.usage, `${name}: ${error.message}`);
  }
}

function isObject(json: unknown): json is Readonly<Record<string, unknown>> {
  return typeof json === 'object' && json !== null && !Array.isArray(json);
}

function readStandardInput(): Uint8Array {
  const buffer = Buffer.alloc(MAX_CASE_BYTES + 1);
  let length = 0;
  for (let count = -1; count !== 0 && length < buffer.length; length += Math.max(count, 0)) {
    try {
      count = readSync(0, buffer, length, buffer.length - length, null);
    } catch (error) {
      const code = errnoCode(error);
      if (code === 'EOF') break;
      // A pipe that is not ready yet.
      if (code !== 'EAGAIN') throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
    }
  }
  return buffer.subarray(0, length);
}

/** Executes a scenario once in a worker that is started and ended for it. */
export async function executeOnce(
  family: AnyFamily,
  scenario: unknown,
  target: Target,
  options: { readonly fresh?: true; readonly plant: string },
): Promise<Judged> {
  const executor = await Executor.open(family.name, target, options.plant);
  try {
    const [judged] = await executor.execute(scenario, 1, options.fresh === true);
    if (judged === undefined) throw new Error('nothing was executed');
    return judged;
  } finally {
    await executor.close();
  }
}

/** Timeline and verdict. */
export function formatExecution({ execution }: Judged, family: AnyFamily, terminal: Terminal): string[] {
  const { verdict, timeline } = execution;
  const broken = new Set(verdict.kind === 'divergence' ? verdict.mismatches.map(({ step }) => step) : []);
  return [
    ...formatTimeline(timeline, terminal, broken),
    ...formatVerdict(verdict, ruleBook(family.rules), timeline.length, terminal),
  ];
}

/** What a verdict means for the exit code. */
export function exitCodeOf(verdict: Verdict): ExitCode {
  switch (verdict.kind) {
    case 'match':
      return EXIT.ok;
    case 'divergence':
    case 'crash':
    case 'hang':
      return EXIT.divergence;
    case 'skip':
      return EXIT.skipped;
    case 'harness':
      return EXIT.harness;
  }
}
