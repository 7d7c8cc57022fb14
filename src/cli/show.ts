import type { Command } from 'commander';
import type { Judged } from '../campaign/pipeline.js';
import { FileError } from '../corpus/file.js';
import { formatJson } from '../corpus/format.js';
import { loadCase } from '../corpus/load.js';
import type { Case } from '../corpus/case.js';
import { formatCaseReport } from '../report/case.js';
import { toJson } from '../report/json.js';
import { stylesOf } from '../report/terminal.js';
import { printable } from '../util/text.js';
import { CommandError, EXIT, type ExitCode } from './exit.js';
import { allFamilies, type AnyFamily, familyNamed, parsersOf } from './families.js';
import type { Output } from './output.js';
import { executeOnce, exitCodeOf, formatExecution } from './run.js';
import { addTargetOptions, readyTarget, targetOf, type TargetOptions } from './target.js';

interface ShowOptions extends TargetOptions {
  readonly run?: true;
  readonly json?: true;
}

export function addShow(program: Command, output: Output, done: (code: ExitCode) => void): void {
  const command = program
    .command('show')
    .description('show a case: the rules in words, each step, what was expected and what was observed')
    .argument('<case>', 'file of the corpus')
    .option('--run', 'execute it and show that as well');
  addTargetOptions(command)
    .option('--json', 'print one JSON object')
    .addHelpText('after', '\nExample:\n  $ faultline show corpus/stage2/dirty.write.logged-1f2e3d4c.json --run')
    .action(async (file: string, options: ShowOptions) => {
      const value = await load(file);
      const family = await familyNamed(value.family);
      const judged = options.run === true ? await execute(family, value, options, output) : undefined;
      const { out } = output;
      if (options.json === true) {
        out.print(toJson('case', { file, case: value, execution: judged?.execution }));
      } else {
        out.print(...formatCaseReport(file, value, out.terminal));
        if (value.timeline === undefined && judged === undefined) out.print('', formatJson(value.scenario).trimEnd());
        if (judged !== undefined)
          out.print(
            '',
            stylesOf(out.terminal).bold(`Executed on ${options.target}`),
            ...formatExecution(judged, family, out.terminal),
          );
      }
      done(judged === undefined ? EXIT.ok : exitCodeOf(judged.execution.verdict));
    });
}

async function execute(family: AnyFamily, { scenario }: Case, options: ShowOptions, { err }: Output): Promise<Judged> {
  const target = await readyTarget(targetOf(options), (line) => {
    err.print(line);
  });
  return executeOnce(family, scenario, target, { plant: 'none' });
}

async function load(file: string): Promise<Case> {
  try {
    return loadCase(file, parsersOf(await allFamilies()));
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    throw new CommandError(EXIT.usage, `${printable(file)}: ${error.message}`);
  }
}
