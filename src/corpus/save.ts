import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ScenarioError } from '../scenario/error.js';
import { makeDirectory } from '../util/directory.js';
import { writeDurably } from '../util/durable.js';
import { errnoCode, errnoSentence } from '../util/errno.js';
import { CASE_SCHEMA, Case } from './case.js';
import { FileError, readJsonFile } from './file.js';
import { formatCase } from './format.js';
import type { ScenarioParser } from './load.js';
import { signatureHash, signatureOfCase, signatureParts } from './signature.js';
import { checkVersion, validate } from './validate.js';

/** Longest part of a file name that comes from rule ids. */
const MAX_SLUG = 64;

/** A case could not be written. The message is one sentence that says why. */
export class SaveError extends Error {
  override readonly name = 'SaveError';

  constructor(
    readonly file: string,
    /** errno of the failure, such as `ENOSPC`. */
    readonly code: string,
    reason: string,
  ) {
    super(`${file} could not be saved: ${reason}`);
  }
}

export interface Saved {
  readonly file: string;
  /** False: a case with this signature and a scenario that is no bigger was there and stays. */
  readonly written: boolean;
}

/**
 * Keeps a case below `corpusDir/<family>/`, in a file named after its signature. When this returns, the file is on the disk;
 * whenever the process is killed before, the file is there as it was, or not at all.
 *
 * @param parse the family's parser, which puts the scenario's keys in the order of the schema.
 * @param mayReplace says whether a finding in this file may be replaced by one with a scenario of the same size: true of
 * those that the caller wrote itself and knows more about by now.
 * @throws {SaveError} when the disk is full, read-only, or not permitted.
 */
export function saveCase(
  corpusDir: string,
  value: Case,
  parse: ScenarioParser,
  mayReplace: (file: string) => boolean = () => false,
): Saved {
  const ordered = { ...value, scenario: inSchemaOrder(value.scenario, parse) };
  const directory = join(corpusDir, value.family);
  const { file, present } = placeFor(directory, ordered);
  if (present !== undefined) {
    const growth = compareSizes(ordered, present);
    if (growth > 0 || (growth === 0 && !mayReplace(file))) return { file, written: false };
  }
  write(file, ordered);
  return { file, written: true };
}

/** The finding of this signature that {@link saveCase} has put into a corpus. */
export function caseOnFile(corpusDir: string, family: string, signature: string): LoadedFinding | undefined {
  const sought: Naming = { kind: 'finding', family, signature, title: '', rules: [] };
  const { file, present } = placeFor(join(corpusDir, family), sought);
  return present === undefined ? undefined : { file, case: present };
}

interface LoadedFinding {
  readonly file: string;
  readonly case: Case;
}

/** What of a case says where it is kept. */
type Naming = Pick<Case, 'kind' | 'family' | 'signature' | 'title' | 'rules'>;

/**
 * Puts a case into this very file, whatever is there, as durably as {@link saveCase}.
 *
 * @throws {SaveError} when the disk is full, read-only, or not permitted.
 */
export function writeCase(file: string, value: Case, parse: ScenarioParser): void {
  write(file, { ...value, scenario: inSchemaOrder(value.scenario, parse) });
}

function write(file: string, value: Case): void {
  try {
    makeDirectory(dirname(file));
    writeDurably(file, formatCase(value));
  } catch (error) {
    const code = errnoCode(error);
    if (code === undefined) throw error;
    throw new SaveError(file, code, errnoSentence(error));
  }
}

/** File name of a case: the rules that broke, and a hash of its signature. It follows from the signature alone, if there is one. */
export function caseFileName(value: Naming): string {
  const slug = slugSource(value)
    .toLowerCase()
    .replace(/[^a-z0-9+.]+/g, '-')
    .slice(0, MAX_SLUG)
    .replace(/^[-+.]+|[-+.]+$/g, '');
  return `${slug === '' ? value.kind : slug}-${signatureHash(signatureOfCase(value))}.json`;
}

/** The rules of the signature; `rules` of the case may hold more, which broke as a consequence. */
function slugSource({ signature, family, rules, title }: Naming): string {
  const parts = signature === undefined ? undefined : signatureParts(signature);
  if (parts?.family === family) return parts.rules.join('+');
  return rules.length === 0 ? title : rules.map(({ id }) => id).join('+');
}

/** A scenario that its own family refuses is still worth keeping: it is a finding. */
function inSchemaOrder(scenario: unknown, parse: ScenarioParser): unknown {
  try {
    return parse(scenario);
  } catch (error) {
    if (error instanceof ScenarioError) return scenario;
    throw error;
  }
}

/**
 * The file for this case, and the finding of the same signature that it holds already. A pinned case, and one of another
 * signature, keep their file: the new one gets a number. A file that cannot be read as a case is replaced.
 */
function placeFor(directory: string, value: Naming): { file: string; present: Case | undefined } {
  const name = caseFileName(value);
  for (let number = 1; ; number++) {
    const file = join(directory, number === 1 ? name : name.replace(/\.json$/, `-${number}.json`));
    const present = existsSync(file) ? readCase(file) : undefined;
    if (present === undefined) return { file, present };
    if (present.kind === value.kind && signatureOfCase(present) === signatureOfCase(value)) return { file, present };
  }
}

function readCase(file: string): Case | undefined {
  try {
    const json = readJsonFile(file);
    checkVersion(json, CASE_SCHEMA);
    return validate(Case, json);
  } catch (error) {
    if (error instanceof FileError) return undefined;
    throw error;
  }
}

/** Negative: `a` is the smaller scenario. Steps count first, then length. */
function compareSizes(a: Case, b: Case): number {
  const steps = stepsOf(a.scenario) - stepsOf(b.scenario);
  return steps === 0 ? JSON.stringify(a.scenario).length - JSON.stringify(b.scenario).length : steps;
}

function stepsOf(scenario: unknown): number {
  if (typeof scenario !== 'object' || scenario === null || !('steps' in scenario)) return 0;
  return Array.isArray(scenario.steps) ? scenario.steps.length : 0;
}
