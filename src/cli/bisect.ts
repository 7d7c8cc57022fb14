import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Command } from 'commander';
import { loadCases, type LoadedCase } from '../corpus/load.js';
import { loadKnown } from '../corpus/known.js';
import { compareReleases } from '../corpus/release.js';
import { listKernels } from '../driver/targets/debian.js';
import { parseTarget } from '../driver/targets/target.js';
import { toJson } from '../report/json.js';
import { firstChange, type Change } from '../triage/bisect.js';
import { judgeReplay, type Replayed } from '../triage/replay.js';
import { errorMessage } from '../util/errno.js';
import { oneLine, plural } from '../util/text.js';
import { CommandError, EXIT, type ExitCode } from './exit.js';
import { allFamilies, parsersOf } from './families.js';
import { integerOption } from './options.js';
import type { Output } from './output.js';
import { openTarget } from './target.js';

const MAX_TIMES = 1000;
/** Files of a folder that are kernels: `vmlinuz-6.1.2`, `Image-6.13-rc1`, `bzImage.v6.9`. */
const IMAGE = /(?:vmlinu[xz]|b?z?Image)[-.]v?(\d.*)$/;

interface BisectOptions {
  readonly kernels: string;
  readonly target: string;
  readonly times: number;
  readonly corpus: string;
  readonly json?: true;
}

/** A kernel as `--kernel` takes it, and what it is called. */
interface Candidate {
  readonly kernel: string;
  readonly release: string;
}

export function addBisect(program: Command, output: Output, done: (code: ExitCode) => void): void {
  program
    .command('bisect')
    .description("find the first kernel on which a case's verdict changes")
    .argument('<case>', 'file of the case')
    .requiredOption(
      '--kernels <list>',
      'a folder of images named after their release, or releases and images separated by commas, or debian:<from>..<to>',
    )
    .requiredOption('--target <target>', 'the machine that boots them: qemu:<name>')
    .option('--times <n>', 'executions on each kernel; one failure is enough', integerOption(1, MAX_TIMES), 1)
    .option('--corpus <dir>', 'directory of the corpus, for its known divergences', 'corpus')
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      '\nExamples:\n  $ faultline bisect corpus/stage2/x.json --target qemu:arm64 --kernels 6.1,6.12,newest' +
        '\n  $ faultline bisect corpus/stage2/x.json --target qemu:amd64 --kernels debian:6.1..6.18' +
        '\n  $ faultline bisect corpus/stage2/x.json --target qemu:amd64 --kernels ~/kernels' +
        '\n\nExit codes: 0 when the change was found, 1 when all kernels say the same, 4 when none says anything.',
    )
    .action(async (file: string, options: BisectOptions) => {
      done(await bisect(file, options, output));
    });
}

async function bisect(file: string, options: BisectOptions, output: Output): Promise<ExitCode> {
  const { cases, errors } = loadCases([file], parsersOf(await allFamilies()));
  const [loaded] = cases;
  if (loaded === undefined) throw new CommandError(EXIT.usage, errors[0]?.line ?? `there is no case in ${file}`);
  const candidates = await candidatesOf(options);
  output.err.print(`${plural(candidates.length, 'kernel')}: ${candidates.map(({ release }) => release).join(', ')}`);
  const found = await firstChange(
    candidates,
    (candidate) => tryKernel(candidate, loaded, options, output),
    (a, b) => a.status === b.status && a.known === b.known,
  );
  if (options.json === true) output.out.print(toJson('bisect', { file, ...found }));
  else output.out.print(...wordsOf(found));
  if (found.change !== undefined) return EXIT.ok;
  return found.tried.length === 0 ? EXIT.skipped : EXIT.divergence;
}

/** What the case does on one kernel; undefined when that cannot be told. */
async function tryKernel(
  { kernel, release }: Candidate,
  loaded: LoadedCase,
  { target, times, corpus }: BisectOptions,
  output: Output,
): Promise<Replayed | undefined> {
  try {
    const executor = await openTarget(loaded.case.family, target, { kernel });
    try {
      const { profile } = executor.ready;
      const { known } = loadKnown(corpus, loaded.case.family, profile);
      const judged = await executor.execute(loaded.case.scenario, times, false);
      const result = judgeReplay(loaded, judged, known, executor.ready);
      output.err.print(`${release}: ${verdictWords(result)}`);
      return result.status === 'skip' || result.status === 'harness' ? undefined : result;
    } finally {
      await executor.close();
    }
  } catch (error) {
    output.err.print(`${release}: says nothing: ${oneLine(errorMessage(error), 500)}`);
    return undefined;
  }
}

function verdictWords({ status, detail }: Replayed): string {
  return detail === '' ? status : `${status}: ${detail}`;
}

function wordsOf({ tried, change }: Change<Candidate, Replayed>): string[] {
  const lines = tried.map(({ kernel, verdict }) => `${kernel.release}  ${verdictWords(verdict)}`);
  if (change === undefined) {
    return [
      ...lines,
      tried.length === 0 ? 'no kernel says anything' : 'the verdict is the same on the first and the last kernel',
    ];
  }
  const { before, after } = change;
  return [
    ...lines,
    `the verdict changes with ${after.kernel.release}: ${verdictWords(after.verdict)}`,
    `the last kernel before: ${before.kernel.release}: ${verdictWords(before.verdict)}`,
  ];
}

/** The kernels to choose from, the oldest first. */
async function candidatesOf({ kernels, target }: BisectOptions): Promise<readonly Candidate[]> {
  const [, from, to] = /^debian:([\w.+-]*)\.\.([\w.+-]*)$/.exec(kernels) ?? [];
  const candidates =
    from !== undefined && to !== undefined
      ? await debianRange(target, from, to)
      : existsSync(kernels) && statSync(kernels).isDirectory()
        ? imagesIn(kernels)
        : kernels.split(',').map((kernel) => ({ kernel, release: basename(kernel) }));
  if (candidates.length < 2) throw new CommandError(EXIT.usage, `--kernels ${kernels}: needs at least two kernels`);
  return candidates;
}

function imagesIn(folder: string): Candidate[] {
  const images = readdirSync(folder).flatMap((name) => {
    const release = IMAGE.exec(name)?.[1];
    return release === undefined ? [] : [{ kernel: join(folder, name), release }];
  });
  return images.sort((a, b) => compareReleases(a.release, b.release));
}

/** Debian's cloud kernels between two releases, both included; an empty end is open. */
async function debianRange(target: string, from: string, to: string): Promise<Candidate[]> {
  const machine = parseTarget(target);
  if (machine.kind !== 'qemu')
    throw new CommandError(EXIT.usage, `--target ${target}: only qemu: targets boot kernels`);
  const releases = (await listKernels(machine.arch)).map(({ release }) => release).reverse();
  return releases
    .filter((release) => release.includes('-cloud-'))
    .filter((release) => (from === '' || compareReleases(release, from) >= 0) && upTo(release, to))
    .map((release) => ({ kernel: release, release }));
}

/** `6.12` as an end takes all of 6.12 in. */
function upTo(release: string, to: string): boolean {
  return to === '' || release.startsWith(`${to}.`) || compareReleases(release, to) <= 0;
}
