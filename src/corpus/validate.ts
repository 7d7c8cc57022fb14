import * as v from 'valibot';
import { ScenarioError } from '../scenario/error.js';
import { pathOf } from '../scenario/issue.js';
import { oneLine } from '../util/text.js';
import { FileError } from './file.js';

/** Validates untrusted JSON; throws a {@link FileError} that names the JSON path of the first problem. */
export function validate<TSchema extends v.GenericSchema>(schema: TSchema, json: unknown): v.InferOutput<TSchema> {
  const result = v.safeParse(schema, json, { abortEarly: true });
  if (result.success) return result.output;
  const [issue] = result.issues;
  throw new FileError(oneLine(`${pathOf(issue)}: ${problem(issue)}`));
}

function problem(issue: v.BaseIssue<unknown>): string {
  if (issue.type === 'strict_object' && issue.expected === 'never') return 'unknown field';
  if (issue.kind === 'validation' || issue.type === 'custom') return issue.message;
  if (issue.received === 'undefined') return 'is missing';
  return `expected ${issue.expected ?? issue.message}, got ${issue.received}`;
}

/** Refuses a file of another version before its fields are looked at, so that the message names the real cause. */
export function checkVersion(json: unknown, current: number): void {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) throw new FileError('$: expected an object');
  if (!('schema' in json)) throw new FileError('$.schema: is missing, so this is not a file of the corpus');
  if (json.schema === current) return;
  const given = oneLine(JSON.stringify(json.schema), 40);
  throw new FileError(`$.schema: version ${given} is not supported; this build reads version ${current}`);
}

/** Runs a family's parser on a part of a file; its paths become paths of the file. */
export function parseWithin<T>(prefix: string, json: unknown, parse: (json: unknown) => T): T {
  try {
    return parse(json);
  } catch (error) {
    if (!(error instanceof ScenarioError)) throw error;
    throw new FileError(oneLine(`${prefix}${error.path.replace(/^\$/, '')}: ${error.problem}`));
  }
}
