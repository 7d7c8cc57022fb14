import { readFileSync } from 'node:fs';
import process from 'node:process';
import { Command, CommanderError } from 'commander';
import { addBisect } from './bisect.js';
import { addDedupe } from './dedupe.js';
import { addDoctor } from './doctor.js';
import { EXIT, explainError, type ExitCode } from './exit.js';
import { addExplain } from './explain.js';
import { addExport } from './export.js';
import { addFuzz } from './fuzz.js';
import { addKernel } from './kernel.js';
import { addMatrix } from './matrix.js';
import { addMinimize } from './minimize.js';
import type { Output } from './output.js';
import { addReplay } from './replay.js';
import { addReport } from './report.js';
import { addRules } from './rules.js';
import { addRun } from './run.js';
import { addShow } from './show.js';
import { addSweep } from './sweep.js';
import { addTriage } from './triage.js';

const EXIT_CODES = `
Exit codes:
  0  everything matched
  1  a divergence, crash or hang that no known divergence explains
  2  wrong arguments, or a file that is not what it must be
  3  the tool itself failed, or a kernel did not boot (a line that begins with HARNESS:)
  4  nothing could run on this machine; the line says why and what mends it`;

/**
 * Runs one command line.
 *
 * @param args what the user typed behind the program's name.
 */
export async function runProgram(args: readonly string[], output: Output): Promise<ExitCode> {
  let exitCode: ExitCode = EXIT.ok;
  const program = createProgram(output, (code) => {
    exitCode = code;
  });
  try {
    await program.parseAsync([...args], { from: 'user' });
    return exitCode;
  } catch (error) {
    return report(error, output, program.opts<{ verbose?: true }>().verbose === true);
  }
}

function createProgram(output: Output, done: (code: ExitCode) => void): Command {
  const program = new Command('faultline');
  program
    .description("A property-based fuzzer for KVM's memory-fault behaviour.")
    .version(version())
    .option('--verbose', 'print a stack trace when the tool itself fails (as FAULTLINE_DEBUG=1 does)')
    .showHelpAfterError('(see: faultline --help)')
    .showSuggestionAfterError()
    .configureOutput({
      writeOut: output.out.write,
      writeErr: output.err.write,
      getOutHelpWidth: () => output.out.terminal.columns,
      getErrHelpWidth: () => output.err.terminal.columns,
    })
    .exitOverride()
    .addHelpText('after', `${EXIT_CODES}\n\nStart here:\n  $ faultline doctor\n  $ faultline fuzz --time 60s`);
  const commands = [
    addDoctor,
    addFuzz,
    addReplay,
    addShow,
    addSweep,
    addRun,
    addRules,
    addTriage,
    addMinimize,
    addExplain,
    addDedupe,
    addExport,
    addMatrix,
    addBisect,
    addKernel,
    addReport,
  ];
  for (const add of commands) add(program, output, done);
  for (const command of program.commands) command.showHelpAfterError(`(see: faultline ${command.name()} --help)`);
  return program;
}

function report(error: unknown, output: Output, verbose: boolean): ExitCode {
  // Commander has printed its own messages; help and version are no errors.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  const { line, code } = explainError(error);
  output.err.print(line);
  if (code !== EXIT.harness) return code;
  const debug = verbose || (process.env['FAULTLINE_DEBUG'] ?? '') !== '';
  if (debug && error instanceof Error && error.stack !== undefined) output.err.print(error.stack);
  return EXIT.harness;
}

function version(): string {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  return version;
}
