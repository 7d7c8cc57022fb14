import { type Dirent, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { errnoSentence } from '../util/errno.js';
import { oneLine, printable } from '../util/text.js';
import { CASE_SCHEMA, Case } from './case.js';
import { FileError, readJsonFile } from './file.js';
import { checkVersion, parseWithin, validate } from './validate.js';

/** Where known divergences are, inside a family's directory; they are no cases. */
export const KNOWN_DIRECTORY = 'known-divergences';

/** Parses the scenario of one family from untrusted JSON; throws a ScenarioError. */
export type ScenarioParser = (json: unknown) => unknown;
/** Family name to its parser. */
export type ScenarioParsers = Readonly<Record<string, ScenarioParser>>;

export interface LoadedCase {
  readonly file: string;
  /** Its scenario has been parsed by its family. */
  readonly case: Case;
}

/** One file that was refused. `line` is for people: `file: $.path: problem`. */
export interface LoadProblem {
  readonly file: string;
  readonly problem: string;
  readonly line: string;
}

export interface Loaded {
  readonly cases: readonly LoadedCase[];
  readonly errors: readonly LoadProblem[];
}

/**
 * Loads cases from files and, recursively, from the `.json` files of directories, each file once, in the order of their names.
 * A file that is refused becomes an error and disturbs no other.
 */
export function loadCases(paths: readonly string[], parsers: ScenarioParsers): Loaded {
  const cases: LoadedCase[] = [];
  const errors: LoadProblem[] = [];
  const attempt = <T>(file: string, action: () => T): T | undefined => {
    try {
      return action();
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      errors.push(loadProblem(file, error.message));
      return undefined;
    }
  };
  const files = new Set<string>();
  for (const path of paths) {
    const isDirectory = attempt(path, () => stat(path).isDirectory());
    if (isDirectory === true) listCaseFiles(path, attempt).forEach((file) => files.add(file));
    else if (isDirectory === false) files.add(path);
  }
  for (const file of files) {
    const loaded = attempt(file, () => loadCase(file, parsers));
    if (loaded !== undefined) cases.push({ file, case: loaded });
  }
  return { cases, errors };
}

/** Loads one case; throws a {@link FileError}. */
export function loadCase(file: string, parsers: ScenarioParsers): Case {
  return parseCase(readJsonFile(file), parsers);
}

/** Validates an untrusted case and the scenario inside; throws a {@link FileError}. */
export function parseCase(json: unknown, parsers: ScenarioParsers): Case {
  checkVersion(json, CASE_SCHEMA);
  const value = validate(Case, json);
  const parse = Object.hasOwn(parsers, value.family) ? parsers[value.family] : undefined;
  if (parse === undefined) {
    const families = Object.keys(parsers).join(', ');
    throw new FileError(oneLine(`$.family: there is no family ${JSON.stringify(value.family)}; there is: ${families}`));
  }
  return { ...value, scenario: parseWithin('$.scenario', value.scenario, parse) };
}

/** A problem of a file, with its line for people. */
export function loadProblem(file: string, problem: string): LoadProblem {
  return { file, problem, line: `${printable(file)}: ${problem}` };
}

type Attempt = <T>(file: string, action: () => T) => T | undefined;

function listCaseFiles(directory: string, attempt: Attempt): string[] {
  const entries = attempt(directory, () => list(directory)) ?? [];
  return entries.flatMap((entry) => {
    const path = join(directory, entry.name);
    // Hidden files are those of a save that is under way, or of an editor.
    if (entry.name.startsWith('.') || entry.name === KNOWN_DIRECTORY) return [];
    if (entry.isDirectory()) return listCaseFiles(path, attempt);
    return entry.name.endsWith('.json') ? [path] : [];
  });
}

/** A directory's entries in the order of their names. */
export function list(directory: string): Dirent[] {
  try {
    const entries = readdirSync(directory, { withFileTypes: true });
    return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch (error) {
    throw new FileError(errnoSentence(error));
  }
}

function stat(path: string): { isDirectory(): boolean } {
  try {
    return statSync(path);
  } catch (error) {
    throw new FileError(errnoSentence(error));
  }
}
