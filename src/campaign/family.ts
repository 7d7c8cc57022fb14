import type fc from 'fast-check';
import type { Variation } from '../arbitraries/vary.js';
import type { Fields } from '../arbitraries/fields.js';
import type { Focus } from '../arbitraries/focus.js';
import type { Sweep } from '../arbitraries/sweep.js';
import type { Driver } from '../driver/library.js';
import type { Frames } from '../driver/wire/frames.js';
import type { RuleId } from '../model/expectation.js';
import type { Prediction } from '../model/prediction.js';
import type { Rule } from '../model/rule.js';
import type { Mismatch, Verdict } from '../oracle/verdict.js';
import type { Profile } from '../scenario/profile.js';
import type { Arch } from '../scenario/stage2/arch.js';
import type { Outcomes } from './coverage/outcomes.js';
import type { Picture } from './picture.js';

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
 * Everything the floors above need of a family of scenarios. `S` is the scenario, `O` the observation, `P` what its model
 * conditions on, `E` what it expects.
 * A family is put together here from its parts on the lower floors, so that none of these knows another.
 */
export interface Family<S, O, P extends Profile = Profile, E extends Prediction = Prediction> {
  readonly name: string;
  /** Nothing of this family can be executed without /dev/kvm. */
  readonly needsKvm: boolean;
  readonly rules: readonly Rule[];
  /** Parses untrusted JSON; throws a ScenarioError with the JSON path. */
  parse(json: unknown): S;
  /** Rules that this machine can exercise at all. */
  applicable(profile: P): readonly RuleId[];
  /** The architecture that a scenario is for, undefined for any. */
  arch(scenario: S): Arch | undefined;
  /** Finds out what the model needs to know of the machine behind the driver. */
  probe(driver: Driver, target: string): P;
  /** @param focus what to prefer; without it the ordinary distribution. */
  arbitrary(profile: P, focus?: Focus<S>): fc.Arbitrary<S>;
  /** What its scenarios differ in on a machine, for the coverage of pairs. */
  fields?(profile: P): Fields<S>;
  /** How its calls end, counted beside the rules. */
  readonly outcomes?: Outcomes<S, O, P>;
  /** All of its scenarios of one access, or of so many steps, that the machine can run. */
  sweep?(profile: P, steps: number): Sweep<S>;
  predict(scenario: S, profile: P): E;
  /** Appends the scenario's request. */
  encode(scenario: S, options: ExecuteOptions, requests: Frames): void;
  decode(response: Uint8Array): O;
  judge(scenario: S, expectation: E, observation: O): Verdict;
  /** Simpler scenarios, simplest first; each is valid. For the final reducer. */
  simplify(scenario: S): Iterable<S>;
  /** Valid scenarios that differ from this one in one field, or in that one step is left out. */
  variations?(scenario: S): Iterable<Variation<S>>;
  /** How far a scenario is from the simplest one; every move of {@link simplify} makes it smaller. For reports. */
  complexity?(scenario: S): number;
  /** Number of steps, for reports. */
  size(scenario: S): number;
  /** Coarse configuration in words, for the summary (`shmem log uffd`). */
  configuration(scenario: S): string;
  /** Normalized shape of the failing step and its configuration; no addresses, counts or values. */
  shape(scenario: S, mismatch: Mismatch | undefined): string;
  /** One line per step in words, what was expected, what was observed. */
  timeline(scenario: S, expectation: E, observation: O): readonly TimelineRow[];
  /** The scenario drawn as steps against what they act on, with what was recorded of it. */
  picture?(scenario: S, recorded: Recorded): Picture;
  /** The same family with a model that gets one rule wrong, for the tests that prove the tool can see. Throws a RangeError. */
  withPlant?(ruleId: RuleId): Family<S, O, P, E>;
  /** Deliberate faults that its scenarios show on this machine before long, as `--plant` names them. For the canary. */
  canaries?(profile: P): readonly string[];
}

export interface TimelineRow {
  readonly step: string;
  readonly expected: readonly string[];
  readonly observed: readonly string[];
}

/** What was recorded of an execution; a case from elsewhere may have nothing of it. */
export interface Recorded {
  readonly timeline: readonly TimelineRow[];
  readonly mismatches: readonly Mismatch[];
}
