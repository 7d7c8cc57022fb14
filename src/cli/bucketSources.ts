import { statSync } from 'node:fs';
import { loadKnown } from '../corpus/known.js';
import { loadCases } from '../corpus/load.js';
import { type Bucket, bucketsNamed, bucketsOf, type BucketSources } from '../triage/buckets.js';
import { loadRuns, runDirectories } from '../triage/runs.js';
import { plural } from '../util/text.js';
import { CommandError, EXIT } from './exit.js';
import { allFamilies, parsersOf } from './families.js';
import type { Output } from './output.js';

export interface SourceOptions {
  readonly corpus: string;
  /** Directories of runs; undefined: those in `runs/`. */
  readonly run?: readonly string[];
}

export interface Loaded {
  readonly sources: BucketSources;
  readonly buckets: readonly Bucket[];
  /** Files and runs that could not be read; each was printed. */
  readonly refused: number;
}

/** Reads all that buckets are made of. What cannot be read is printed and left out. */
export async function loadBuckets(
  paths: readonly string[],
  { corpus, run }: SourceOptions,
  { err }: Output,
): Promise<Loaded> {
  const families = await allFamilies();
  const { cases, errors } = loadCases(paths.length === 0 ? [corpus] : paths, parsersOf(families));
  const { legs, problems } = loadRuns(run ?? runDirectories('runs'));
  const known = new Map([...families.keys()].map((name) => [name, loadKnown(corpus, name)]));
  const lines = [...errors, ...[...known.values()].flatMap((loaded) => loaded.errors)].map(({ line }) => line);
  for (const line of [...lines, ...problems]) err.print(line);
  const sources = {
    cases: cases.map((loaded) => ({ ...loaded, writtenMs: statSync(loaded.file).mtimeMs })),
    // A self-test's faults are nobody's to triage, unless its run is named.
    legs: legs.filter(({ plant }) => run !== undefined || plant === 'none'),
    known: new Map([...known].map(([name, loaded]) => [name, loaded.known])),
  };
  return { sources, buckets: bucketsOf(sources), refused: lines.length + problems.length };
}

/**
 * The bucket that the user means: by its id or the beginning of it, by a case, or by a signature.
 *
 * @throws {CommandError} when there is none, or more than one.
 */
export function bucketNamed(buckets: readonly Bucket[], name: string): Bucket {
  const [bucket, ...others] = bucketsNamed(buckets, name);
  if (bucket === undefined)
    throw new CommandError(
      EXIT.usage,
      `there is no bucket ${name}; faultline triage lists ${plural(buckets.length, 'bucket')}`,
    );
  if (others.length > 0)
    throw new CommandError(
      EXIT.usage,
      `${name} is more than one bucket: ${[bucket, ...others].map(({ id }) => id).join(', ')}`,
    );
  return bucket;
}
