import { availableParallelism } from 'node:os';
import type { Command } from 'commander';
import { onInterrupt } from '../campaign/interrupt.js';
import { StopRequest } from '../campaign/stop.js';
import { formatExplanation } from '../report/explain.js';
import { toJson } from '../report/json.js';
import { verdictLine } from '../oracle/verdictLine.js';
import { explain, type Explanation } from '../triage/explain.js';
import { CommandError, EXIT, type ExitCode, HarnessError } from './exit.js';
import { ExecutorPool } from './executorPool.js';
import { readCase } from './oneCase.js';
import { integerOption } from './options.js';
import type { Output } from './output.js';
import { addPlantOption, checkPlant } from './plant.js';
import { addTargetOptions, readyTarget, targetOf, type TargetOptions } from './target.js';

const MAX_WORKERS = 256;

interface ExplainOptions extends TargetOptions {
  readonly workers: number;
  readonly plant: string;
  readonly json?: true;
}

export function addExplain(program: Command, output: Output, done: (code: ExitCode) => void): void {
  const command = program
    .command('explain')
    .description('tell which fields of a scenario matter: change one at a time, and see whether the case still fails')
    .argument('<case>', 'file of the case');
  addTargetOptions(command).option(
    '--workers <n>',
    'changes that are executed at a time',
    integerOption(1, MAX_WORKERS),
    availableParallelism(),
  );
  addPlantOption(command)
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      '\nExample:\n  $ faultline explain corpus/stage2/dirty.write-1f2e3d4c.json' +
        '\n\nExit codes: 1 when the case fails, which is usual; 0 when it does not fail here, so that there is nothing to explain.',
    )
    .action(async (file: string, options: ExplainOptions) => {
      done(await explainFile(file, options, output));
    });
}

async function explainFile(file: string, options: ExplainOptions, output: Output): Promise<ExitCode> {
  const { value, family } = await readCase(file);
  checkPlant(family, options.plant);
  const say = (line: string): void => {
    output.err.print(line);
  };
  const target = await readyTarget(targetOf(options), say, family.needsKvm);
  const stop = new StopRequest();
  const pool = await ExecutorPool.open(family.name, target, options.workers, options.plant);
  const forget = onInterrupt(stop, () => {
    say('stopping; Ctrl-C again ends at once');
  });
  try {
    const signature = value.signature ?? (await pool.execute(value.scenario, 1, false))[0]?.signature?.text ?? '';
    const explanation = await explain(family, pool, value.scenario, signature, stop);
    return report(file, signature, explanation, options, output);
  } finally {
    forget();
    await pool.close();
  }
}

function report(
  file: string,
  signature: string,
  explanation: Explanation,
  options: ExplainOptions,
  { out }: Output,
): ExitCode {
  const { first, rules, fields, executions } = explanation;
  const verdict = first.shown === undefined ? first.other?.execution.verdict : undefined;
  if (verdict?.kind === 'skip') throw new CommandError(EXIT.skipped, `skipped: ${verdict.reason}`);
  if (verdict?.kind === 'harness') throw new HarnessError(verdict.detail);
  if (options.json === true) {
    const { reproduction } = first;
    out.print(toJson('explain', { file, signature, rules, reproduction, fields, executions }));
  } else if (verdict !== undefined) {
    out.print(`It does not fail here with its signature. What came: ${verdictLine(verdict)}.`);
  } else {
    out.print(...formatExplanation(explanation, out.terminal));
  }
  return verdict?.kind === 'match' ? EXIT.ok : EXIT.divergence;
}
