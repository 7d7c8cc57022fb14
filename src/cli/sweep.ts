import { availableParallelism } from 'node:os';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { readRun } from '../campaign/run/read.js';
import { type Range, size } from '../campaign/run/ranges.js';
import type { CampaignOptions } from '../campaign/types.js';
import { percent } from '../report/text.js';
import { toJson } from '../report/json.js';
import { grouped } from '../util/text.js';
import { CommandError, EXIT, type ExitCode } from './exit.js';
import { Executor } from './executor.js';
import { type AnyFamily, familyNamed } from './families.js';
import { conduct } from './fuzz.js';
import { newRunDirectory, resumedCampaign } from './fuzzOptions.js';
import { durationOption, integerOption } from './options.js';
import type { Output } from './output.js';
import { addTargetOptions, readyTarget, targetOf, type TargetOptions } from './target.js';

const MAX_WORKERS = 1024;
const NUMBER = integerOption(0, Number.MAX_SAFE_INTEGER);

const EXAMPLES = `
Examples:
  $ faultline sweep
  $ faultline sweep --count
  $ faultline sweep --steps 2 --shard 3/16 --time 8h
  $ faultline sweep --target qemu:arm64 --from 0 --to 4096
  $ faultline sweep --resume runs/2026-01-31-22-00-00-seed-0`;

interface SweepOptions extends TargetOptions {
  readonly family: string;
  readonly steps: '1' | '2';
  readonly from?: number;
  readonly to?: number;
  readonly shard?: Part;
  readonly workers: number;
  readonly time?: number;
  readonly resume?: string;
  readonly corpus?: string;
  readonly runDir?: string;
  readonly count?: true;
  readonly json?: true;
}

/** Part `number` of `of`, counted from 1. */
interface Part {
  readonly number: number;
  readonly of: number;
}

export function addSweep(program: Command, output: Output, done: (code: ExitCode) => void): void {
  const command = program
    .command('sweep')
    .description('execute every scenario of one access, or of two steps, instead of random ones')
    .option('--family <name>', 'family of scenarios', 'stage2');
  addTargetOptions(command)
    .addOption(new Option('--steps <n>', 'one access, or two steps').choices(['1', '2']).default('1'))
    .option('--count', 'only say how many scenarios there are, and of what')
    .option('--from <n>', 'begin with this number', NUMBER)
    .option('--to <n>', 'end before this number', NUMBER)
    .option('--shard <i/n>', 'only the i-th of n equal parts, such as 3/16', partOption)
    .option('--workers <n>', 'worker processes', integerOption(1, MAX_WORKERS), availableParallelism())
    .option('--time <duration>', 'stop after this time, such as 10m or 8h; --resume goes on', durationOption)
    .option('--resume <run>', 'go on with the sweep of this run directory after a kill, a crash or Ctrl-C')
    .option('--corpus <dir>', 'directory that findings are kept in (default: corpus)')
    .option('--run-dir <dir>', 'directory for the journal and the summary (default: a new one in runs/)')
    .option('--json', 'print the summary as one JSON object')
    .addHelpText('after', EXAMPLES)
    .action(async (options: SweepOptions) => {
      done(await sweep(options, command, output));
    });
}

async function sweep(options: SweepOptions, command: Command, output: Output): Promise<ExitCode> {
  if (options.resume !== undefined) {
    const campaign = resumedCampaign(options.resume, command);
    if (sizeOf(campaign) === undefined)
      throw new CommandError(EXIT.usage, `the run is no sweep: faultline fuzz --resume ${options.resume}`);
    return go(campaign, options, output);
  }
  const family = await familyNamed(options.family);
  const { total, axes } = await enumerate(family, options, output);
  if (options.count === true) {
    const facts = { family: family.name, steps: Number(options.steps), size: total, axes };
    if (options.json === true) output.out.print(toJson('sweep', facts));
    else output.out.print(`${grouped(total)} scenarios`, ...axes.map((axis) => `  ${axis}`));
    return EXIT.ok;
  }
  return go(campaignOf(options, family, total), options, output);
}

async function go(campaign: CampaignOptions, { json }: SweepOptions, output: Output): Promise<ExitCode> {
  const code = await conduct(campaign, json === true, output);
  output.err.print(...(await progressLines(campaign)));
  return code;
}

/** How far it came, by the journal: what counts is what need not be done again. */
async function progressLines({ runDir, shard }: CampaignOptions): Promise<string[]> {
  if (shard === undefined) return [];
  const { legs } = await Promise.resolve(readRun(runDir));
  const done = size(legs[0]?.done ?? []);
  const all = shard.to - shard.from;
  const line = `sweep: ${grouped(done)} of ${grouped(all)} scenarios, ${percent(all - done, all)} left`;
  return done >= all ? [line] : [line, `go on with: faultline sweep --resume ${runDir}`];
}

/** Asks the target what it can do: the sweep has what it can run. */
async function enumerate(
  family: AnyFamily,
  options: SweepOptions,
  { err }: Output,
): Promise<{ readonly total: number; readonly axes: readonly string[] }> {
  const target = await readyTarget(targetOf(options), (line) => {
    err.print(line);
  });
  const executor = await Executor.open(family.name, target);
  try {
    const found = family.sweep?.(executor.ready.profile, Number(options.steps));
    if (found === undefined) throw new CommandError(EXIT.usage, `scenarios of ${family.name} cannot be enumerated`);
    return { total: found.size, axes: found.axes };
  } finally {
    await executor.close();
  }
}

function campaignOf(options: SweepOptions, { name }: AnyFamily, total: number): CampaignOptions {
  const { from, to } = rangeOf(options, total);
  const focus = { kind: 'sweep', steps: Number(options.steps), size: total };
  const runDir = options.runDir ?? newRunDirectory(0, new Date());
  return {
    families: [name],
    targets: [targetOf(options)],
    seed: 0,
    workers: options.workers,
    timeMs: options.time,
    runs: to - from,
    shard: { seed: 0, from, to, focus },
    corpusDir: options.corpus ?? 'corpus',
    runDir,
    plant: 'none',
  };
}

/** @throws {CommandError} when there is nothing in it. */
function rangeOf({ from = 0, to, shard }: SweepOptions, total: number): Range {
  const end = Math.min(to ?? total, total);
  const length = Math.max(end - from, 0);
  const cut = (parts: number): number => from + Math.floor((length * parts) / (shard?.of ?? 1));
  const range = shard === undefined ? { from, to: end } : { from: cut(shard.number - 1), to: cut(shard.number) };
  if (range.from < range.to) return range;
  throw new CommandError(EXIT.usage, `there is nothing to sweep: the numbers are 0 to ${total - 1}`);
}

function partOption(text: string): Part {
  const [, number = 0, of = 0] = /^(\d+)\/(\d+)$/.exec(text)?.map(Number) ?? [];
  if (number < 1 || number > of) throw new InvalidArgumentError('Give a part and how many there are, such as 3/16.');
  return { number, of };
}

function sizeOf({ shard }: CampaignOptions): number | undefined {
  const focus = shard?.focus;
  return typeof focus === 'object' && focus !== null && 'kind' in focus && focus.kind === 'sweep' ? 0 : undefined;
}
