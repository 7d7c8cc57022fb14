import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { readRun } from '../campaign/run/read.js';
import { settingsFile } from '../campaign/run/paths.js';
import type { Finding } from '../campaign/types.js';
import { FileError } from '../corpus/file.js';
import { type ProfileFacts, profileFacts } from '../corpus/profile-facts.js';
import type { Profile } from '../scenario/profile.js';
import { errnoCode, errorMessage } from '../util/errno.js';
import { printable } from '../util/text.js';

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

const SUMMARY = 'summary.json';

/** Directories of runs below this one; none where there is no such directory. */
export function runDirectories(parent: string): string[] {
  if (!existsSync(parent)) return [];
  const names = readdirSync(parent).sort();
  return names.map((name) => join(parent, name)).filter((directory) => isRun(directory));
}

function isRun(directory: string): boolean {
  return existsSync(settingsFile(directory)) || existsSync(join(directory, SUMMARY));
}

/** Reads runs. One that cannot be read is a problem, and disturbs no other. */
export function loadRuns(directories: readonly string[]): LoadedRuns {
  const legs: RunLeg[] = [];
  const problems: string[] = [];
  for (const directory of directories) {
    try {
      if (existsSync(settingsFile(directory))) {
        const run = recordedLegs(directory);
        legs.push(...run.legs);
        problems.push(...run.problems);
      } else {
        legs.push(summarizedLeg(directory));
      }
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      problems.push(error.message);
    }
  }
  return { legs, problems };
}

function recordedLegs(directory: string): LoadedRuns {
  const { settings, legs, elapsedMs, problems } = readRun(directory);
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

/** What the summary of a run of before there were journals says. */
interface OldSummary {
  readonly family: string;
  readonly profile: Profile;
  readonly seed: number;
  readonly scenarios: number;
  readonly decided: Readonly<Record<string, number>>;
  readonly findings: readonly Finding[];
  readonly occurrences?: Readonly<Record<string, number>>;
}

/** A run of before there were journals has its summary only. */
function summarizedLeg(directory: string): RunLeg {
  const file = join(directory, SUMMARY);
  try {
    const summary = JSON.parse(readFileSync(file, 'utf8')) as OldSummary;
    const { family, profile, seed, scenarios, decided, findings, occurrences = {} } = summary;
    const facts = profileFacts(profile);
    const seenMs = statSync(file).mtimeMs;
    const { target } = profile;
    return { directory, seed, seenMs, family, target, plant: 'none', facts, scenarios, decided, occurrences, findings };
  } catch (error) {
    if (errnoCode(error) === undefined && !(error instanceof SyntaxError) && !(error instanceof TypeError)) throw error;
    throw new FileError(`${printable(file)}: ${errorMessage(error)}`);
  }
}
