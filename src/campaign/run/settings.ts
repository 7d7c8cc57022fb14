import { resolve } from 'node:path';
import * as v from 'valibot';
import { readJsonFile } from '../../corpus/file.js';
import { checkVersion, validate } from '../../corpus/validate.js';
import type { Target } from '../../driver/targets/target.js';
import type { CampaignOptions } from '../types.js';
import { settingsFile } from './paths.js';
import { RUN_SCHEMA, type RunSettings } from './types.js';

const Count = v.pipe(v.number(), v.integer(), v.minValue(0));
const Seed = v.pipe(Count, v.maxValue(0xffffffff));
const Name = v.pipe(v.string(), v.maxLength(4096));

const AnyTarget = v.custom<Target>(
  (input) => v.is(v.looseObject({ kind: v.picklist(['local', 'ssh', 'qemu']) }), input),
  'expected a target',
);

const Settings = v.strictObject({
  schema: v.literal(RUN_SCHEMA),
  families: v.pipe(v.array(Name), v.minLength(1)),
  targets: v.pipe(v.array(AnyTarget), v.minLength(1)),
  seed: Seed,
  workers: v.pipe(Count, v.minValue(1)),
  budgets: v.strictObject({ timeMs: v.optional(Count), runs: v.optional(Count), findings: v.optional(Count) }),
  shard: v.optional(v.strictObject({ seed: Seed, from: Count, to: Count, focus: v.optional(v.unknown()) })),
  plant: Name,
  corpusDir: Name,
  startedAt: Name,
});

/**
 * Reads `run.json` of a run directory.
 *
 * @throws {@link FileError} there is none, or it is not what it must be; one sentence.
 */
export function readSettings(runDir: string): RunSettings {
  const json = readJsonFile(settingsFile(runDir));
  checkVersion(json, RUN_SCHEMA);
  return validate(Settings, json);
}

/** The settings of a campaign that begins. */
export function settingsOf(options: CampaignOptions, now: Date): RunSettings {
  const { families, targets, seed, workers, timeMs, runs, findings, shard, plant, corpusDir } = options;
  return {
    schema: RUN_SCHEMA,
    ...{ families, targets, seed, workers, plant },
    budgets: { timeMs, runs, findings },
    ...(shard === undefined ? {} : { shard }),
    corpusDir: resolve(corpusDir),
    startedAt: now.toISOString(),
  };
}

/** The options of a campaign that goes on. */
export function optionsOf(settings: RunSettings, runDir: string): CampaignOptions {
  const { families, targets, seed, workers, budgets, shard, plant, corpusDir } = settings;
  const { timeMs, runs, findings } = budgets;
  return { families, targets, seed, workers, timeMs, runs, findings, shard, plant, corpusDir, runDir, resume: true };
}
