import type fc from 'fast-check';
import type { Frames } from '../driver/wire/frames.js';
import type { Expectation, RuleId } from '../model/expectation.js';
import type { Rule } from '../model/rule.js';
import type { Mismatch, Verdict } from '../oracle/verdict.js';
import type { Profile } from '../scenario/profile.js';

/** How a request is to be executed, beside the scenario itself. */
export interface ExecuteOptions {
  /** Build a virtual machine for this scenario only. */
  readonly freshVm: boolean;
  readonly deadlineMs: number;
  /** Deliberate fault of the driver (`plant` in the wire format); `none` in all real work. */
  readonly plant: string;
  readonly id: bigint;
}

/**
 * Everything the floors above need of a family of scenarios. `S` is the scenario, `O` the observation.
 * A family is put together here from its parts on the lower floors, so that none of these knows another.
 */
export interface Family<S, O> {
  readonly name: string;
  readonly rules: readonly Rule[];
  /** Parses untrusted JSON; throws a ScenarioError with the JSON path. */
  parse(json: unknown): S;
  /** Rules that this machine can exercise at all. */
  applicable(profile: Profile): readonly RuleId[];
  /** The architecture that a scenario is for. */
  arch(scenario: S): string;
  arbitrary(profile: Profile): fc.Arbitrary<S>;
  predict(scenario: S, profile: Profile): Expectation;
  /** Appends the scenario's request. */
  encode(scenario: S, options: ExecuteOptions, requests: Frames): void;
  decode(response: Uint8Array): O;
  judge(scenario: S, expectation: Expectation, observation: O): Verdict;
  /** Simpler scenarios, simplest first; each is valid. For the final reducer. */
  simplify(scenario: S): Iterable<S>;
  /** Number of steps, for reports. */
  size(scenario: S): number;
  /** Coarse configuration in words, for the summary (`shmem log uffd`). */
  configuration(scenario: S): string;
  /** Normalized shape of the failing step and its configuration; no addresses, counts or values. */
  shape(scenario: S, mismatch: Mismatch | undefined): string;
  /** One line per step in words, what was expected, what was observed. */
  timeline(scenario: S, expectation: Expectation, observation: O): readonly TimelineRow[];
  /** The same family with a model that gets one rule wrong, for the tests that prove the tool can see. Throws a RangeError. */
  withPlant?(ruleId: RuleId): Family<S, O>;
}

export interface TimelineRow {
  readonly step: string;
  readonly expected: readonly string[];
  readonly observed: readonly string[];
}
