import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { isRunDirectory, readAnyRun } from '../campaign/run/readAnyRun.js';
import type { RunRecord } from '../campaign/run/types.js';
import type { Finding } from '../campaign/types.js';
import { FileError } from '../corpus/file.js';
import { type ProfileFacts, profileFacts } from '../corpus/profile-facts.js';

/** One family on one target in one run, as far as triage asks. */
export interface RunLeg {
  readonly directory: string;
  /** Campaign seed. */
  readonly seed: number;
  /** When the run was last heard of, in milliseconds since the epoch. */
  readonly seenMs: number;
  readonly family: string;
  readonly target: string;
  readonly plant: string;
  readonly facts: ProfileFacts;
  readonly scenarios: number;
  /** Rule to how often it decided. */
  readonly decided: Readonly<Record<string, number>>;
  /** Signature to how often it was met. */
  readonly occurrences: Readonly<Record<string, number>>;
  readonly findings: readonly Finding[];
}

export interface LoadedRuns {
  readonly legs: readonly RunLeg[];
  /** What could not be read, in sentences. */
  readonly problems: readonly string[];
}

/** Directories of runs below this one; none where there is no such directory. */
export function runDirectories(parent: string): string[] {
  if (!existsSync(parent)) return [];
  const names = readdirSync(parent).sort();
  return names.map((name) => join(parent, name)).filter((directory) => isRunDirectory(directory));
}

/** Reads runs. One that cannot be read is a problem, and disturbs no other. */
export function loadRuns(directories: readonly string[]): LoadedRuns {
  const legs: RunLeg[] = [];
  const problems: string[] = [];
  for (const directory of directories) {
    try {
      const run = legsOf(readAnyRun(directory));
      legs.push(...run.legs);
      problems.push(...run.problems);
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      problems.push(error.message);
    }
  }
  return { legs, problems };
}

function legsOf({ directory, settings, legs, elapsedMs, problems }: RunRecord): LoadedRuns {
  const { seed, plant, startedAt } = settings;
  const startedMs = Date.parse(startedAt);
  const run = { directory, seed, plant, seenMs: (Number.isNaN(startedMs) ? 0 : startedMs) + elapsedMs };
  return {
    problems,
    legs: legs.map(({ family, target, profile, scenarios, decided, occurrences, findings }) => {
      const found = findings.map(({ finding }) => finding);
      return { ...run, family, target, facts: profileFacts(profile), scenarios, decided, occurrences, findings: found };
    }),
  };
}
