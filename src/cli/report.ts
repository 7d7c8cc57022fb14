import { existsSync, writeFileSync } from 'node:fs';
import type { Command } from 'commander';
import { isRunDirectory, readAnyRun } from '../campaign/run/readAnyRun.js';
import { FileError } from '../corpus/file.js';
import { loadCases } from '../corpus/load.js';
import { bucketReport, casesReport, runReport } from '../report/html/report.js';
import { toJson } from '../report/json.js';
import { bytes } from '../report/text.js';
import { errorMessage } from '../util/errno.js';
import { printable } from '../util/text.js';
import { bucketNamed, loadBuckets, type SourceOptions } from './bucketSources.js';
import { type AnyFamily, allFamilies, parsersOf } from './families.js';
import { CommandError, EXIT, type ExitCode } from './exit.js';
import type { Output } from './output.js';
import { addSourceOptions } from './triage.js';

interface ReportOptions extends SourceOptions {
  readonly output: string;
  readonly json?: true;
}

export function addReport(program: Command, output: Output, done: (code: ExitCode) => void): void {
  const command = program
    .command('report')
    .description('write what a campaign found and covered, or some cases, as one HTML file for any browser')
    .argument('<what...>', 'the directory of a run, the id of a bucket, or files and directories of cases')
    .option('--output <file>', 'the file to write; - is standard output', 'report.html');
  addSourceOptions(command)
    .addHelpText(
      'after',
      '\nExamples:\n  $ faultline report runs/2026-11-21-22-00-00-seed-7\n' +
        '  $ faultline report corpus/stage2/dirty.write-1f2e3d4c.json --output finding.html\n' +
        '  $ faultline report 1f2e3d4c',
    )
    .action(async (paths: readonly string[], options: ReportOptions) => {
      done(await report(paths, options, output));
    });
}

async function report(paths: readonly string[], options: ReportOptions, output: Output): Promise<ExitCode> {
  const families = await allFamilies();
  const runs = paths.filter(isRunDirectory);
  if (runs.length > 0 && paths.length > 1)
    throw new CommandError(EXIT.usage, `a report is of one run or of cases; ${printable(runs[0] ?? '')} is a run`);
  const { page, code } =
    runs.length > 0
      ? pageOfRun(paths[0] ?? '', families)
      : isBucket(paths)
        ? await pageOfBucket(paths[0] ?? '', options, families, output)
        : pageOfCases(paths, families, output);
  write(page, options, output);
  return code;
}

interface Drawn {
  readonly page: string;
  readonly code: ExitCode;
}

type Families = ReadonlyMap<string, AnyFamily>;

function pageOfRun(directory: string, families: Families): Drawn {
  try {
    return { page: runReport(readAnyRun(directory), families), code: EXIT.ok };
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    throw new CommandError(EXIT.usage, error.message);
  }
}

/** What looks like the id of a bucket, and is no file. */
function isBucket([path = '', ...others]: readonly string[]): boolean {
  return others.length === 0 && /^[0-9a-f]+$/.test(path) && !existsSync(path);
}

async function pageOfBucket(id: string, sources: SourceOptions, families: Families, output: Output): Promise<Drawn> {
  const { buckets } = await loadBuckets([], sources, output);
  return { page: bucketReport(bucketNamed(buckets, id), families), code: EXIT.ok };
}

/** A case that is refused is named, and missing in the page. */
function pageOfCases(paths: readonly string[], families: Families, { err }: Output): Drawn {
  const { cases, errors } = loadCases(paths, parsersOf(families));
  for (const { line } of errors) err.print(line);
  if (cases.length === 0)
    throw new CommandError(EXIT.usage, `there is neither a run nor a case in ${paths.map(printable).join(', ')}`);
  return { page: casesReport(cases, families), code: errors.length > 0 ? EXIT.usage : EXIT.ok };
}

function write(page: string, { output: file, json }: ReportOptions, { out }: Output): void {
  if (file === '-') {
    out.write(page);
    return;
  }
  try {
    writeFileSync(file, page);
  } catch (error) {
    throw new CommandError(
      EXIT.usage,
      `the report cannot be written: ${errorMessage(error)}; name another with --output`,
    );
  }
  const size = Buffer.byteLength(page);
  out.print(json === true ? toJson('html', { file, bytes: size }) : `${printable(file)}: ${bytes(size)}`);
}
