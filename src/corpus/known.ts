import { existsSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import type { Profile } from '../scenario/profile.js';
import { errorMessage } from '../util/errno.js';
import { oneLine } from '../util/text.js';
import { FileError, readJsonFile } from './file.js';
import { KNOWN_DIRECTORY, type LoadProblem, list, loadProblem } from './load.js';
import { type ProfileFacts, profileField } from './profile-facts.js';
import { checkVersion, validate } from './validate.js';
import { compareReleases, isRelease } from './release.js';

/** Version of the format of known divergences. */
export const KNOWN_SCHEMA = 1;

const Text = v.pipe(v.string(), v.minLength(1), v.maxLength(20_000));
const Release = v.pipe(v.string(), v.check(isRelease, 'expected a kernel release such as 6.12'));
const Regex = v.pipe(v.string(), v.maxLength(500), v.check(isRegex, 'not a regular expression'));

const AnyCondition = v.union([
  v.string(),
  v.number(),
  v.boolean(),
  /** A range of releases: `from` is inside, `before` is outside. */
  v.strictObject({ from: Release, before: v.optional(Release) }),
  v.strictObject({ before: Release }),
  v.strictObject({ regex: Regex }),
]);
type Condition = v.InferOutput<typeof AnyCondition>;

/** One message for all kinds, since a union's own names only the kind that came closest. */
const Condition = v.custom<Condition>(
  (input) => v.is(AnyCondition, input),
  'expected a value, { "from": "6.1", "before": "6.12" } or { "regex": "…" }',
);

/** A recorded, explained divergence of the machines that `when` describes. It labels; it never hides. */
export const KnownDivergence = v.strictObject({
  schema: v.literal(KNOWN_SCHEMA),
  id: v.pipe(v.string(), v.regex(/^[a-z0-9][a-z0-9-]*$/, 'expected lower-case letters, digits and -')),
  title: Text,
  explanation: Text,
  /** Where the explanation can be checked: a document, a commit, a test. */
  source: Text,
  /** Profile field (`cpuVendor`, `features.uffdWp`) to what it must be. All must hold; none means every machine. */
  when: v.record(v.string(), Condition),
  match: v.strictObject({
    /** Every rule that broke must be among these. */
    rules: v.pipe(v.array(Text), v.minLength(1, 'expected at least one rule')),
    /** Regular expression on the shape of the failing step. */
    shape: v.optional(Regex),
  }),
});
export type KnownDivergence = v.InferOutput<typeof KnownDivergence>;

/** What a divergence is matched by. */
export interface DivergenceFacts {
  /** Ids of all rules that broke. */
  readonly rules: readonly string[];
  readonly shape: string;
}

export interface LoadedKnown {
  readonly known: readonly KnownDivergence[];
  readonly errors: readonly LoadProblem[];
}

/**
 * Loads `corpusDir/<family>/known-divergences/*.json`. No such directory: none are known.
 *
 * @param profile when given, a condition on a field that it does not have is an error.
 */
export function loadKnown(corpusDir: string, family: string, profile?: Profile): LoadedKnown {
  const directory = join(corpusDir, family, KNOWN_DIRECTORY);
  const known: KnownDivergence[] = [];
  const errors: LoadProblem[] = [];
  if (!existsSync(directory)) return { known, errors };
  for (const file of filesOf(directory, errors)) {
    try {
      const entry = parseKnown(readJsonFile(file), profile);
      if (known.some(({ id }) => id === entry.id)) throw new FileError(`$.id: ${entry.id} is the id of another file`);
      known.push(entry);
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      errors.push(loadProblem(file, error.message));
    }
  }
  return { known, errors };
}

function filesOf(directory: string, errors: LoadProblem[]): string[] {
  try {
    const names = list(directory).map(({ name }) => name);
    return names.filter((name) => name.endsWith('.json') && !name.startsWith('.')).map((name) => join(directory, name));
  } catch (error) {
    errors.push(loadProblem(directory, errorMessage(error)));
    return [];
  }
}

/** Validates an untrusted known divergence; throws a {@link FileError}. */
export function parseKnown(json: unknown, profile?: Profile): KnownDivergence {
  checkVersion(json, KNOWN_SCHEMA);
  const entry = validate(KnownDivergence, json);
  const fields = profile === undefined ? [] : Object.keys(entry.when);
  for (const field of fields) {
    if (profile !== undefined && profileField(profile, field) === undefined)
      throw new FileError(oneLine(`$.when[${JSON.stringify(field)}]: the profile has no such field`));
  }
  return entry;
}

/** Id of the first known divergence that explains this one on this machine, or undefined. */
export function matchKnown(
  known: readonly KnownDivergence[],
  facts: DivergenceFacts,
  profile: Profile | ProfileFacts,
): string | undefined {
  // A divergence that broke no rule (a crash, a hang) would be "explained" by any entry.
  if (facts.rules.length === 0) return undefined;
  return known.find((entry) => applies(entry, profile) && explains(entry, facts))?.id;
}

/** {@link matchKnown} for a divergence of which nobody wrote down the machine: some machine is explained. */
export function matchSomewhere(known: readonly KnownDivergence[], facts: DivergenceFacts): string | undefined {
  return facts.rules.length === 0 ? undefined : known.find((entry) => explains(entry, facts))?.id;
}

function applies(entry: KnownDivergence, profile: Profile | ProfileFacts): boolean {
  return Object.entries(entry.when).every(([field, condition]) => holds(condition, profileField(profile, field)));
}

function holds(condition: Condition, actual: string | number | boolean | undefined): boolean {
  if (typeof condition !== 'object') return actual === condition;
  if (actual === undefined) return false;
  const text = String(actual);
  if ('regex' in condition) return new RegExp(condition.regex, 'u').test(text);
  if (!isRelease(text)) return false;
  if ('from' in condition && compareReleases(text, condition.from) < 0) return false;
  return condition.before === undefined || compareReleases(text, condition.before) < 0;
}

function explains(entry: KnownDivergence, facts: DivergenceFacts): boolean {
  const { rules, shape } = entry.match;
  if (!facts.rules.every((rule) => rules.includes(rule))) return false;
  return shape === undefined || new RegExp(shape, 'u').test(facts.shape);
}

function isRegex(source: string): boolean {
  try {
    new RegExp(source, 'u');
    return true;
  } catch {
    return false;
  }
}
