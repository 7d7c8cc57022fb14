import { randomInt } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { optionsOf, readSettings } from '../campaign/run/settings.js';
import type { Shard } from '../campaign/run/shard.js';
import type { CampaignOptions } from '../campaign/types.js';
import { FileError } from '../corpus/file.js';
import { printable } from '../util/text.js';
import { CommandError, EXIT } from './exit.js';
import { allFamilies } from './families.js';
import { targetsOf, type TargetOptions } from './target.js';

const DEFAULT_TIME_MS = 60_000;
const MAX_SEED = 2 ** 32;

export interface FuzzOptions extends TargetOptions {
  readonly family: string;
  readonly time?: number;
  readonly runs?: number;
  readonly findings?: number;
  readonly shard?: Shard;
  readonly focus?: unknown;
  readonly workers: number;
  readonly seed?: number;
  readonly corpus?: string;
  readonly runDir?: string;
  readonly resume?: string;
  readonly plant: string;
  readonly json?: true;
}

/** What a new campaign is asked for. */
export async function newCampaign(options: FuzzOptions): Promise<CampaignOptions> {
  const { runs, findings, workers, plant, focus } = options;
  if (options.shard !== undefined && options.seed !== undefined)
    throw new CommandError(EXIT.usage, '--shard names its seed: leave out --seed');
  if (focus !== undefined && options.shard === undefined)
    throw new CommandError(EXIT.usage, '--focus belongs to a --shard: give both');
  const seed = options.shard?.seed ?? options.seed ?? randomInt(MAX_SEED);
  const shard = options.shard && { ...options.shard, ...(focus === undefined ? {} : { focus }) };
  const runDir = options.runDir ?? newRunDirectory(seed, new Date());
  const bounded = runs !== undefined || shard !== undefined || findings !== undefined;
  return {
    families: await familyNames(options.family),
    targets: targetsOf(options),
    seed,
    workers,
    timeMs: options.time ?? (bounded ? undefined : DEFAULT_TIME_MS),
    runs,
    findings,
    shard,
    // What a planted fault breaks must not end up among real findings.
    corpusDir: options.corpus ?? (plant === 'none' ? 'corpus' : join(runDir, 'corpus')),
    runDir,
    plant,
  };
}

/**
 * What the campaign of a directory was asked for.
 *
 * @throws {CommandError} it is no run directory, or something else is asked for as well.
 */
export function resumedCampaign(runDir: string, command: Command): CampaignOptions {
  const given = command.options.filter((option) => command.getOptionValueSource(option.attributeName()) === 'cli');
  const [other] = given.map(({ long }) => long).filter((long) => long !== '--resume' && long !== '--json');
  if (other !== undefined)
    throw new CommandError(EXIT.usage, `--resume goes on with what the campaign was asked for: leave out ${other}`);
  try {
    return optionsOf(readSettings(runDir), runDir);
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    const name = printable(runDir);
    throw new CommandError(EXIT.usage, `${name} is not the directory of a campaign: run.json: ${error.message}`);
  }
}

/** `<seed>:<from>-<to>`. */
export function shardOption(text: string): Shard {
  const [, seed, from, to] = /^(\d+):(\d+)-(\d+)$/.exec(text)?.map(Number) ?? [];
  const most = Number.MAX_SAFE_INTEGER;
  if (seed === undefined || from === undefined || to === undefined || seed >= MAX_SEED || from >= to || to > most)
    throw new InvalidArgumentError('Give a seed and which of its scenarios, the last one excluded, such as 7:0-256.');
  return { seed, from, to };
}

export function focusOption(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new InvalidArgumentError('Give the focus as JSON, as the campaign has told it.');
  }
}

/** `stage2`, `stage2,uffd` or `all`. */
async function familyNames(text: string): Promise<readonly string[]> {
  if (text === 'all') return [...(await allFamilies()).keys()];
  return [...new Set(text.split(','))];
}

/** Where runs are kept by default: one new directory for each. */
export function newRunDirectory(seed: number, now: Date): string {
  const time = now.toISOString().slice(0, 19).replace(/[:T]/g, '-');
  const name = join('runs', `${time}-seed-${seed}`);
  for (let number = 1; ; number++) {
    const directory = number === 1 ? name : `${name}-${number}`;
    if (!existsSync(directory)) return directory;
  }
}
