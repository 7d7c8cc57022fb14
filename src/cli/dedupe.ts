import { realpathSync } from 'node:fs';
import type { Command } from 'commander';
import { FileError } from '../corpus/file.js';
import { loadCases, type LoadedCase, loadProblem, type ScenarioParsers } from '../corpus/load.js';
import { isUnchanged, removeCase } from '../corpus/remove.js';
import { dedupeFacts, type DedupeReport, type Fate, formatDedupe, type Gone } from '../report/dedupe.js';
import { toJson } from '../report/json.js';
import { dedupe, type Duplicate } from '../triage/dedupe.js';
import { timesMatched } from '../triage/gone.js';
import { CommandError, EXIT, type ExitCode } from './exit.js';
import { allFamilies, type AnyFamily, parsersOf } from './families.js';
import type { Output } from './output.js';
import { addTargetOptions, openTarget, type TargetOptions } from './target.js';

interface DedupeOptions extends Partial<TargetOptions> {
  readonly corpus: string;
  readonly write?: true;
  readonly removeGone?: true;
  readonly json?: true;
}

export function addDedupe(program: Command, output: Output, done: (code: ExitCode) => void): void {
  const command = program
    .command('dedupe')
    .description('find cases that another one makes superfluous: findings with one signature, cases with one scenario')
    .argument('[paths...]', 'files and directories of cases (default: the corpus)')
    .option('--corpus <dir>', 'directory of the corpus', 'corpus')
    .option('--write', 'remove them, but no pinned ones; without it, nothing is touched');
  addTargetOptions(command, 'optional')
    .option('--remove-gone', 'findings that match on the target are superfluous, too')
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      '\nWith --target, findings are executed there: which of them match by now is listed, and what still fails is preferred.\n' +
        '\nExamples:\n  $ faultline dedupe\n  $ faultline dedupe corpus/stage2 --write\n' +
        '  $ faultline dedupe --target qemu:amd64-newest --remove-gone' +
        '\n\nExit codes: 1 when --write would remove something; 0 when there is nothing to remove, or it is removed.',
    )
    .action(async (paths: readonly string[], options: DedupeOptions) => {
      done(await dedupePaths(paths.length === 0 ? [options.corpus] : paths, options, output));
    });
}

async function dedupePaths(paths: readonly string[], options: DedupeOptions, output: Output): Promise<ExitCode> {
  const { target, write = false, removeGone = false } = options;
  if (target === undefined && (removeGone || (options.kernel ?? options.modules) !== undefined))
    throw new CommandError(EXIT.usage, 'what is gone shows where it is executed: say where with --target');
  const families = await allFamilies();
  const { cases: all, errors } = loadCases(paths, parsersOf(families));
  for (const { line } of errors) output.err.print(line);
  if (all.length === 0 && errors.length === 0)
    throw new CommandError(EXIT.usage, `there is no case in ${paths.join(', ')}`);
  const cases = onceEach(all);
  const gone = target === undefined ? [] : await findGone(cases, { ...options, target }, families, output);
  const duplicates = duplicatesIn(cases, families, gone);
  const doomed = duplicates.filter(({ loaded }) => loaded.case.kind === 'finding');
  const superfluous = new Set([...doomed, ...(removeGone ? gone : [])].map(({ loaded }) => loaded));
  const removal = new Removal(parsersOf(families), output);
  if (write) {
    for (const { loaded, of } of doomed) removal.remove(loaded, of);
    for (const loaded of superfluous) removal.remove(loaded);
  }
  const fateOf = (loaded: LoadedCase): Fate =>
    removal.removed.has(loaded) ? 'removed' : !write && superfluous.has(loaded) ? 'would go' : 'stays';
  const open = !write && superfluous.size > 0;
  const code = open ? EXIT.divergence : errors.length + removal.refused.size > 0 ? EXIT.usage : EXIT.ok;
  print({ cases: cases.length, duplicates, gone, target, fateOf }, code, options, output);
  return code;
}

/** A file that was reached on two ways is no duplicate of itself. */
function onceEach(cases: readonly LoadedCase[]): LoadedCase[] {
  return [...new Map(cases.toReversed().map((loaded) => [realpathSync(loaded.file), loaded])).values()].reverse();
}

/** Executes every finding; a family that this target lacks something for ends the command, before anything is removed. */
async function findGone(
  cases: readonly LoadedCase[],
  { target, kernel, modules }: TargetOptions,
  families: ReadonlyMap<string, AnyFamily>,
  { err }: Output,
): Promise<Gone[]> {
  const gone: Gone[] = [];
  for (const family of families.keys()) {
    const findings = cases.filter((loaded) => loaded.case.kind === 'finding' && loaded.case.family === family);
    if (findings.length === 0) continue;
    const executor = await openTarget(family, target, { kernel, modules }, (line) => {
      err.print(line);
    });
    try {
      for (const loaded of findings) {
        const times = await timesMatched(executor, loaded.case);
        if (times !== undefined) gone.push({ loaded, times });
      }
    } finally {
      await executor.close();
    }
  }
  return gone;
}

function duplicatesIn(
  cases: readonly LoadedCase[],
  families: ReadonlyMap<string, AnyFamily>,
  gone: readonly Gone[],
): Duplicate[] {
  const files = new Set(gone.map(({ loaded }) => loaded.file));
  return [...families.values()].flatMap((family) =>
    dedupe(
      cases.filter((loaded) => loaded.case.family === family.name),
      family,
      files,
    ),
  );
}

/** Removes cases one after the other, each only while it and what takes its place are what was read. */
class Removal {
  readonly removed = new Set<LoadedCase>();
  readonly refused = new Set<LoadedCase>();

  constructor(
    private readonly parsers: ScenarioParsers,
    private readonly output: Output,
  ) {}

  /** Says why it cannot be removed. Again is no error. */
  remove(loaded: LoadedCase, inFavourOf: LoadedCase = loaded): void {
    if (this.removed.has(loaded) || this.refused.has(loaded)) return;
    try {
      const changed = [loaded, inFavourOf].find((one) => !isUnchanged(one, this.parsers));
      if (changed !== undefined) throw new FileError(`it stays, because ${changed.file} has changed meanwhile`);
      removeCase(loaded.file);
      this.removed.add(loaded);
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      this.refused.add(loaded);
      this.output.err.print(loadProblem(loaded.file, error.message).line);
    }
  }
}

function print(report: DedupeReport, exitCode: ExitCode, { json }: DedupeOptions, { out }: Output): void {
  if (json === true) out.print(toJson('dedupe', { exitCode, ...dedupeFacts(report) }));
  else out.print(...formatDedupe(report, out.terminal));
}
