import type { Command } from 'commander';
import type { Judged } from '../campaign/pipeline.js';
import { formatJson } from '../corpus/format.js';
import type { Case } from '../corpus/case.js';
import { formatCaseReport } from '../report/case.js';
import { toJson } from '../report/json.js';
import { stylesOf } from '../report/terminal.js';
import { EXIT, type ExitCode } from './exit.js';
import type { AnyFamily } from './families.js';
import { readCase } from './oneCase.js';
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
      const { value, family } = await readCase(file);
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
