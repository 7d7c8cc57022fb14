import * as v from 'valibot';
import { jsonPath } from '../util/json-path.js';
import { ScenarioError } from './error.js';
import { STAGE2_SCHEMA, Stage2Scenario } from './stage2.js';
import { stage2Problems } from './stage2/constraints.js';
import { MAX_STEPS } from './stage2/layout.js';
import { UFFD_SCHEMA, UffdScenario } from './uffd.js';
import { uffdProblems } from './uffd/constraints.js';
import { UFFD_MAX_STEPS } from './uffd/layout.js';

const LONGEST_QUOTE = 60;

function isObject(json: unknown): json is Readonly<Record<string, unknown>> {
  return typeof json === 'object' && json !== null && !Array.isArray(json);
}

function quote(value: unknown): string {
  const text = typeof value === 'symbol' || typeof value === 'bigint' ? typeof value : JSON.stringify(value);
  return text.length <= LONGEST_QUOTE ? text : `${text.slice(0, LONGEST_QUOTE)}…`;
}

interface Format<S> {
  readonly version: number;
  readonly maxSteps: number;
  readonly schema: v.GenericSchema<unknown, S>;
  /** What the schema cannot say. */
  readonly problems: (scenario: S) => Iterable<{ readonly path: string; readonly problem: string }>;
}

/** Looks at what decides whether the rest can be understood at all, so that the message names the real cause. */
function checkHead(json: unknown, { version, maxSteps }: Pick<Format<unknown>, 'version' | 'maxSteps'>): void {
  if (!isObject(json)) throw new ScenarioError('$', `expected a scenario object, got ${quote(json)}`);
  const { schema, steps } = json;
  if (schema === undefined) throw new ScenarioError('$.schema', `is missing, expected ${version}`);
  if (schema !== version) {
    const problem = `version ${quote(schema)} of the scenario format is not supported, only version ${version}`;
    throw new ScenarioError('$.schema', problem);
  }
  if (Array.isArray(steps) && steps.length > maxSteps) {
    throw new ScenarioError('$.steps', `${steps.length} steps, at most ${maxSteps} are supported`);
  }
}

function pathOf(issue: v.BaseIssue<unknown>): string {
  return (issue.path ?? []).reduce((parent: string, { key }) => jsonPath(parent, key), '$');
}

function problemOf(issue: v.BaseIssue<unknown>): string {
  if (issue.type === 'strict_object' && issue.expected === 'never') return 'unknown field';
  if (issue.input === undefined) return `is missing, expected ${issue.expected ?? 'a value'}`;
  const given = quote(issue.input);
  switch (issue.type) {
    case 'regex':
      return `${issue.message}, got ${given}`;
    case 'integer':
      return `expected an integer, got ${given}`;
    case 'min_value':
    case 'max_value':
      return `expected a number ${issue.expected ?? ''}, got ${given}`;
    case 'min_length':
    case 'max_length':
      return `expected ${issue.expected ?? ''} entries, got ${issue.received}`;
    default:
      return `expected ${issue.expected ?? 'another value'}, got ${given}`;
  }
}

function parse<S>(json: unknown, format: Format<S>): S {
  checkHead(json, format);
  const result = v.safeParse(format.schema, json, { abortEarly: true });
  if (!result.success) {
    const [issue] = result.issues;
    throw new ScenarioError(pathOf(issue), problemOf(issue));
  }
  for (const { path, problem } of format.problems(result.output)) throw new ScenarioError(path, problem);
  return result.output;
}

const STAGE2: Format<Stage2Scenario> = {
  version: STAGE2_SCHEMA,
  maxSteps: MAX_STEPS,
  schema: Stage2Scenario,
  problems: stage2Problems,
};
const UFFD: Format<UffdScenario> = {
  version: UFFD_SCHEMA,
  maxSteps: UFFD_MAX_STEPS,
  schema: UffdScenario,
  problems: uffdProblems,
};

/**
 * Turns untrusted JSON into a scenario that every floor above may rely on: of the right shape and version, and with
 * fields that fit each other.
 *
 * @throws ScenarioError with the JSON path of the first problem.
 */
export function parseStage2(json: unknown): Stage2Scenario {
  return parse(json, STAGE2);
}

/** {@link parseStage2} for the uffd family. */
export function parseUffd(json: unknown): UffdScenario {
  return parse(json, UFFD);
}
