import type { Driver } from '../driver/library.js';
import { Frames } from '../driver/wire/frames.js';
import type { Prediction } from '../model/prediction.js';
import type { Verdict } from '../oracle/verdict.js';
import type { Profile } from '../scenario/profile.js';
import { errorMessage } from '../util/errno.js';
import type { Family, TimelineRow } from './family.js';
import { type Signature, isFault, signatureOf } from './signature.js';
import { boundedTimeline } from './timeline.js';
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

/** What came of one scenario of a burst. */
export interface Outcome<O> {
  readonly verdict: Verdict;
  readonly expectation: Prediction | undefined;
  readonly observation: O | undefined;
}

/** A scenario that is ready to be executed; its request is at this place among the others. */
interface Prepared {
  readonly expectation: Prediction;
  readonly place: number;
}

/** An error of the tool itself becomes a `harness` verdict. */
function attempt<T>(action: () => T): T | Outcome<never> {
  try {
    return action();
  } catch (error) {
    return {
      verdict: { kind: 'harness', detail: errorMessage(error) },
      expectation: undefined,
      observation: undefined,
    };
  }
}

function skipped(reason: string): Outcome<never> {
  return { verdict: { kind: 'skip', reason }, expectation: undefined, observation: undefined };
}

/** Takes scenarios through predict, encode, execute, decode and judge, one at a time and without leaving the process. */
export class Pipeline<S = unknown, O = unknown> {
  /** Of the last scenario; undefined where the pipeline did not get that far. */
  expectation: Prediction | undefined;
  private observation: O | undefined;
  private readonly requests = new Frames();

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

  /**
   * {@link run} for several scenarios, stage by stage: each stage's code and data stay in the caches, which saves more than a
   * tenth of the time. The outcomes are in the order of the scenarios.
   */
  runBurst(scenarios: readonly S[], ids: readonly bigint[]): readonly Outcome<O>[] {
    this.requests.clear();
    const prepared = scenarios.map((scenario, i) => attempt(() => this.prepare(scenario, ids[i] ?? 0n, false)));
    const responses = attempt(() => this.driver.executeAll(this.requests));
    return prepared.map((one, i) => {
      if (!('place' in one)) return one;
      return 'verdict' in responses ? responses : this.conclude(scenarios[i] as S, one, responses[one.place]);
    });
  }

  /** Makes an outcome the one that {@link explain} speaks of. */
  recall(outcome: Outcome<O>): void {
    this.expectation = outcome.expectation;
    this.observation = outcome.observation;
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
    this.requests.clear();
    const prepared = this.prepare(scenario, id, freshVm);
    this.expectation = prepared.expectation;
    if (!('place' in prepared)) return prepared.verdict;
    const observation = this.family.decode(this.driver.execute(this.requests.from(prepared.place)));
    this.observation = observation;
    return this.family.judge(scenario, prepared.expectation, observation);
  }

  private prepare(scenario: S, id: bigint, freshVm: boolean): Prepared | Outcome<O> {
    const { profile, plant, deadlineMs } = this.options;
    const arch = this.family.arch(scenario);
    if (arch !== undefined && arch !== profile.arch)
      return skipped(`needs ${arch}, and this machine is ${profile.arch}`);
    const expectation = this.family.predict(scenario, profile);
    if (expectation.skip !== undefined) {
      return { verdict: { kind: 'skip', reason: expectation.skip }, expectation, observation: undefined };
    }
    const place = this.requests.count;
    this.family.encode(scenario, { freshVm, deadlineMs, plant, id }, this.requests);
    return { expectation, place };
  }

  private conclude(scenario: S, { expectation }: Prepared, response: Uint8Array | undefined): Outcome<O> {
    return attempt(() => {
      if (response === undefined) throw new Error('HARNESS: the driver left a request without an answer');
      const observation = this.family.decode(response);
      return { verdict: this.family.judge(scenario, expectation, observation), expectation, observation };
    });
  }

  private timeline(scenario: S): readonly TimelineRow[] {
    if (this.expectation === undefined || this.observation === undefined) return [];
    return boundedTimeline(this.family.timeline(scenario, this.expectation, this.observation));
  }
}
