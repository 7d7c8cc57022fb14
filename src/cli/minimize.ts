import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import type { Command } from 'commander';
import { onInterrupt } from '../campaign/interrupt.js';
import { StopRequest } from '../campaign/stop.js';
import type { Case } from '../corpus/case.js';
import { FileError } from '../corpus/file.js';
import { SaveError, writeCase } from '../corpus/save.js';
import { toJson } from '../report/json.js';
import { formatMinimized, sizeWords } from '../report/minimize.js';
import { minimize, type Minimized, sizeOf } from '../triage/minimize.js';
import { minimizedCase } from '../triage/minimizedCase.js';
import { readState, StateKeeper, stateFile, type Wanted } from '../triage/minimizeState.js';
import { errnoSentence } from '../util/errno.js';
import { plural, printable } from '../util/text.js';
import { CommandError, EXIT, type ExitCode, HarnessError } from './exit.js';
import { ExecutorPool } from './executorPool.js';
import type { AnyFamily } from './families.js';
import { readCase } from './oneCase.js';
import { integerOption } from './options.js';
import type { Output } from './output.js';
import { addPlantOption, checkPlant } from './plant.js';
import { addTargetOptions, readyTarget, targetOf, type TargetOptions } from './target.js';

const MAX_WORKERS = 256;

interface MinimizeOptions extends TargetOptions {
  readonly workers: number;
  readonly resume?: true;
  readonly output?: string;
  readonly plant: string;
  readonly json?: true;
}

export function addMinimize(program: Command, output: Output, done: (code: ExitCode) => void): void {
  const command = program
    .command('minimize')
    .description('make the scenario of a finding as small as it gets while it keeps failing in the same way')
    .argument('<case>', 'file of the case');
  addTargetOptions(command)
    .option(
      '--workers <n>',
      'candidates that are executed at a time',
      integerOption(1, MAX_WORKERS),
      availableParallelism(),
    )
    .option('--resume', 'go on with a minimization that was interrupted or killed')
    .option('--output <file>', 'write the smaller case there, and leave the file of the case as it is');
  addPlantOption(command)
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      '\nExamples:\n  $ faultline minimize corpus/stage2/dirty.write-1f2e3d4c.json\n' +
        '  $ faultline minimize finding.json --target qemu:arm64 --workers 2 --resume' +
        '\n\nExit codes: 1 when the case fails, which is usual; 0 when it does not fail here any more.',
    )
    .action(async (file: string, options: MinimizeOptions) => {
      done(await minimizeFile(file, options, output));
    });
}

async function minimizeFile(file: string, options: MinimizeOptions, output: Output): Promise<ExitCode> {
  const { value, family } = await readCase(file);
  const to = options.output ?? file;
  if (value.kind === 'pinned' && options.output === undefined)
    throw new CommandError(
      EXIT.usage,
      `${printable(file)}: a pinned case is never replaced; say with --output where the smaller one goes`,
    );
  checkPlant(family, options.plant);
  refuseForgottenState(to, options);
  const say = (line: string): void => {
    output.err.print(line);
  };
  const target = await readyTarget(targetOf(options), say, family.needsKvm);
  const pool = await ExecutorPool.open(family.name, target, options.workers, options.plant);
  try {
    const signature = value.signature ?? (await signatureHere(pool, value));
    const wanted = { signature, where: `${options.target}, plant ${options.plant}` };
    const state = stateOf(to, value, wanted, options);
    const minimized = await run(value, family, pool, state, wanted, say);
    return conclude(minimized, { ...value, signature }, family, state, to, options, output);
  } finally {
    await pool.close();
  }
}

async function run(
  value: Case,
  family: AnyFamily,
  pool: ExecutorPool,
  state: StateKeeper,
  { signature }: Wanted,
  say: (line: string) => void,
): Promise<Minimized> {
  const stop = new StopRequest();
  const forget = onInterrupt(stop, () => {
    say('stopping; Ctrl-C again ends at once');
  });
  say(`${sizeWords(sizeOf(family, state.scenario))}, ${plural(pool.size, 'worker')}`);
  const simpler = (scenario: unknown, executions: number): void => {
    say(`${sizeWords(sizeOf(family, scenario))} after ${plural(executions, 'execution')}`);
  };
  try {
    return await minimize(family, pool, value.scenario, { signature, width: pool.size, state, stop, simpler });
  } finally {
    forget();
  }
}

/** What was found is written before the state goes, so that a kill in between loses nothing. */
function conclude(
  minimized: Minimized,
  value: Case,
  family: AnyFamily,
  state: StateKeeper,
  file: string,
  options: MinimizeOptions,
  output: Output,
): ExitCode {
  const { end, first } = minimized;
  const verdict = end === 'gone' ? first.other?.execution.verdict : undefined;
  if (verdict?.kind === 'skip') throw new CommandError(EXIT.skipped, `skipped: ${verdict.reason}`);
  if (verdict?.kind === 'harness') throw new HarnessError(verdict.detail);
  const smaller = end === 'gone' || end === 'lost' ? value : minimizedCase(value, family, minimized);
  if (end === 'minimal' || end === 'stopped') save(file, smaller, family, state);
  if (end === 'stopped') state.save();
  else state.remove();
  if (state.problem !== undefined) output.err.print(`it cannot be resumed: ${errnoSentence(state.problem)}`);
  if (options.json === true) {
    const { before, now, executions, last } = minimized;
    const facts = { file, end, before, now, executions, reproduction: last.reproduction, case: smaller };
    output.out.print(toJson('minimize', facts));
  } else {
    output.out.print(...formatMinimized(minimized, smaller, file, output.out.terminal));
  }
  return verdict?.kind === 'match' ? EXIT.ok : EXIT.divergence;
}

function save(file: string, value: Case, family: AnyFamily, state: StateKeeper): void {
  state.adopt();
  try {
    writeCase(file, value, (json) => family.parse(json));
  } catch (error) {
    if (!(error instanceof SaveError)) throw error;
    throw new CommandError(EXIT.usage, `${error.message}; write it elsewhere with --output`);
  }
}

/** The work of an earlier minimization is neither repeated nor thrown away without being asked. */
function refuseForgottenState(file: string, { resume }: MinimizeOptions): void {
  const state = stateFile(file);
  if (resume !== true && existsSync(state))
    throw new CommandError(
      EXIT.usage,
      `an earlier minimization of this case did not end: go on with --resume, or remove ${printable(state)} to begin anew`,
    );
}

function stateOf(file: string, { scenario }: Case, wanted: Wanted, { resume }: MinimizeOptions): StateKeeper {
  const name = stateFile(file);
  try {
    const state = resume === true ? readState(name, scenario, wanted) : undefined;
    return state === undefined ? StateKeeper.begin(name, scenario, wanted) : new StateKeeper(name, state);
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    throw new CommandError(EXIT.usage, `${printable(name)}: ${error.message}`);
  }
}

/** The signature that a case shows which was written by hand and records none. */
async function signatureHere(pool: ExecutorPool, { scenario }: Case): Promise<string> {
  const [judged] = await pool.execute(scenario, 1, false);
  return judged?.signature?.text ?? '';
}
