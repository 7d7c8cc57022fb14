import * as v from 'valibot';
import { ScenarioError } from './error.js';
import { pathOf, problemOf, quote } from './issue.js';
import { STAGE2_SCHEMA, Stage2Scenario } from './stage2.js';
import { stage2Problems } from './stage2/constraints.js';
import { MAX_STEPS } from './stage2/layout.js';
import { UFFD_SCHEMA, UffdScenario } from './uffd.js';
import { uffdProblems } from './uffd/constraints.js';
import { UFFD_MAX_STEPS } from './uffd/layout.js';

function isObject(json: unknown): json is Readonly<Record<string, unknown>> {
  return typeof json === 'object' && json !== null && !Array.isArray(json);
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
