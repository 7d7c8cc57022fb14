import { closeSync, openSync, writeSync } from 'node:fs';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { isReporter, REPORTERS, type ReporterName } from '../report/reporters/reporters.js';
import type { ReplayReporter, Write } from '../report/reporters/reporter.js';
import { errnoSentence } from '../util/errno.js';
import { printable } from '../util/text.js';
import { CommandError, EXIT } from './exit.js';
import type { Output } from './output.js';

/** A format, and the file that it goes to; standard output without. */
export interface ReporterChoice {
  readonly name: ReporterName;
  readonly file: string | undefined;
}

export interface ReporterOptions {
  readonly reporter: readonly ReporterChoice[];
  readonly kcidbOrigin: string;
  readonly kcidbBuild?: string;
  readonly json?: true;
}

/** Adds the options that say how a replay is reported. */
export function addReporterOptions(command: Command): Command {
  const names = Object.keys(REPORTERS).join(', ');
  return command
    .addOption(
      new Option('--reporter <format[=file]>', `${names}; may be given several times, one of them without a file`)
        .argParser(reporterOption)
        .default([], 'terminal'),
    )
    .option('--json', 'the same as --reporter json')
    .option('--kcidb-origin <name>', 'name of the CI system in the kcidb report', originOption, 'faultline')
    .option('--kcidb-build <id>', 'id of the build that was tested, if the database has it already', buildOption);
}

function reporterOption(text: string, before: readonly ReporterChoice[]): ReporterChoice[] {
  const [, name = '', file] = /^([^=]*)(?:=(.*))?$/s.exec(text) ?? [];
  if (!isReporter(name)) throw new InvalidArgumentError(`Formats are ${Object.keys(REPORTERS).join(', ')}.`);
  if (file === '') throw new InvalidArgumentError(`Name a file behind the =, such as ${name}=report.${name}.`);
  return [...before, { name, file }];
}

function originOption(text: string): string {
  if (!/^[a-z0-9_]+$/.test(text)) throw new InvalidArgumentError('Use lower-case letters, digits and _.');
  return text;
}

function buildOption(text: string): string {
  if (!/^[a-z0-9_]+:./.test(text))
    throw new InvalidArgumentError('An id is the name of its CI system, a colon, and what that system calls it.');
  return text;
}

/** What tells reporters of a replay; each goes to its own place. */
export class Reporters {
  /** What could not be written, in sentences. */
  readonly problems: string[] = [];
  private readonly all: readonly ReplayReporter[];
  private readonly files: ReportFile[] = [];

  /**
   * Opens every file, so that one that cannot be written is known before anything runs.
   *
   * @throws {CommandError} when that fails, or two formats want standard output.
   */
  constructor(
    options: ReporterOptions,
    private readonly output: Output,
  ) {
    const kcidb = { origin: options.kcidbOrigin, build: options.kcidbBuild };
    this.all = choicesOf(options).map(({ name, file }) => {
      const { terminal } = output.out;
      if (file === undefined) return REPORTERS[name](output.out.write, { terminal, kcidb });
      const opened = new ReportFile(file);
      this.files.push(opened);
      return REPORTERS[name](opened.write, { terminal: { ...terminal, color: false }, kcidb });
    });
  }

  readonly tell = (action: (reporter: ReplayReporter) => void): void => {
    for (const reporter of this.all) action(reporter);
  };

  /** A report that no file holds is printed, so that it is not lost. */
  close(): void {
    for (const file of this.files) {
      const problem = file.close();
      if (problem === undefined) continue;
      this.problems.push(problem);
      this.output.err.print(`${problem}; this is what it would hold:`);
      this.output.err.write(file.text);
    }
  }
}

/** One report goes to standard output: that without a file, or else the one for people. */
function choicesOf({ reporter, json }: ReporterOptions): ReporterChoice[] {
  const choices = json === true ? [...reporter, { name: 'json', file: undefined } as const] : [...reporter];
  const printed = choices.filter(({ file }) => file === undefined).map(({ name }) => name);
  if (printed.length > 1) {
    const [first, second = first] = printed;
    const sentence = `${printed.join(' and ')} cannot both go to standard output; name a file: --reporter ${String(second)}=<file>`;
    throw new CommandError(EXIT.usage, sentence);
  }
  const files = choices.flatMap(({ file }) => file ?? []);
  const twice = files.find((file, i) => files.indexOf(file) !== i);
  if (twice !== undefined) throw new CommandError(EXIT.usage, `two reports cannot both go to ${printable(twice)}`);
  return printed.length === 1 ? choices : [...choices, { name: 'terminal', file: undefined }];
}

/** A file that is written as the report grows. */
class ReportFile {
  /** Everything that was written. */
  text = '';
  private problem: string | undefined;
  private readonly handle: number;

  constructor(private readonly path: string) {
    try {
      this.handle = openSync(path, 'w');
    } catch (error) {
      throw new CommandError(EXIT.usage, this.sentence(error));
    }
  }

  readonly write: Write = (text) => {
    this.text += text;
    if (this.problem !== undefined) return;
    try {
      const bytes = Buffer.from(text);
      for (let done = 0; done < bytes.length;) done += writeSync(this.handle, bytes, done);
    } catch (error) {
      this.problem = this.sentence(error);
    }
  };

  /** Returns why the file is not whole, if it is not. */
  close(): string | undefined {
    try {
      closeSync(this.handle);
    } catch (error) {
      this.problem ??= this.sentence(error);
    }
    return this.problem;
  }

  private sentence(error: unknown): string {
    return `${printable(this.path)} cannot be written: ${errnoSentence(error)}`;
  }
}
