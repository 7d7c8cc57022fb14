import type { Driver } from '../driver/library.js';
import type { Expectation } from '../model/expectation.js';
import type { Verdict } from '../oracle/verdict.js';
import type { Profile } from '../scenario/profile.js';
import { errorMessage } from '../util/errno.js';
import type { Family, TimelineRow } from './family.js';
import { type Signature, isFault, signatureOf } from './signature.js';
import type { Execution } from './types.js';

export interface PipelineOptions {
  readonly profile: Profile;
  /** Fault of the driver to commit, `none` in all real work. */
  readonly plant: string;
  readonly deadlineMs: number;
}

/** One execution with its signature when it is a fault. */
export interface Judged {
  readonly execution: Execution;
  readonly signature: Signature | undefined;
}

/** Takes scenarios through predict, encode, execute, decode and judge, one at a time and without leaving the process. */
export class Pipeline<S = unknown, O = unknown> {
  /** Of the last scenario; undefined where the pipeline did not get that far. */
  expectation: Expectation | undefined;
  private observation: O | undefined;

  constructor(
    readonly family: Family<S, O>,
    private readonly driver: Driver,
    private readonly options: PipelineOptions,
  ) {}

  get profile(): Profile {
    return this.options.profile;
  }

  /** An error of the tool itself becomes a `harness` verdict. */
  run(scenario: S, id: bigint, freshVm: boolean): Verdict {
    this.expectation = undefined;
    this.observation = undefined;
    try {
      return this.tryRun(scenario, id, freshVm);
    } catch (error) {
      return { kind: 'harness', detail: errorMessage(error) };
    }
  }

  /** {@link run} with all that reports want to know. */
  judge(scenario: S, id: bigint, freshVm: boolean): Judged {
    return this.explain(scenario, this.run(scenario, id, freshVm));
  }

  /** What reports want to know about the scenario that was run last. */
  explain(scenario: S, verdict: Verdict): Judged {
    const decided = Object.fromEntries(this.expectation?.decided ?? []);
    const execution = { verdict, timeline: this.timeline(scenario), decided };
    return { execution, signature: isFault(verdict) ? signatureOf(this.family, scenario, verdict) : undefined };
  }

  private tryRun(scenario: S, id: bigint, freshVm: boolean): Verdict {
    const { profile, plant, deadlineMs } = this.options;
    const expectation = this.family.predict(scenario, profile);
    this.expectation = expectation;
    if (expectation.skip !== undefined) return { kind: 'skip', reason: expectation.skip };
    const request = this.family.encode(scenario, { freshVm, deadlineMs, plant, id });
    const observation = this.family.decode(this.driver.execute(request));
    this.observation = observation;
    return this.family.judge(scenario, expectation, observation);
  }

  private timeline(scenario: S): readonly TimelineRow[] {
    if (this.expectation === undefined || this.observation === undefined) return [];
    return this.family.timeline(scenario, this.expectation, this.observation);
  }
}
