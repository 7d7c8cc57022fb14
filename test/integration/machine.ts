import fc from 'fast-check';
import { stage2Arbitrary } from '../../src/arbitraries/stage2.js';
import { openDriver, type Driver } from '../../src/driver/library.js';
import type { Observation } from '../../src/driver/observation.js';
import { probe } from '../../src/driver/probe.js';
import { decodeStage2 } from '../../src/driver/wire/decode.js';
import { encodeStage2 } from '../../src/driver/wire/encode.js';
import type { Expectation } from '../../src/model/expectation.js';
import { predictStage2 } from '../../src/model/stage2/predict.js';
import { judgeStage2 } from '../../src/oracle/stage2.js';
import type { Verdict } from '../../src/oracle/verdict.js';
import type { Stage2Profile } from '../../src/scenario/profile.js';
import type { Stage2Scenario } from '../../src/scenario/stage2.js';

/** Other tests may keep the machine busy, so that this is no measure of speed. */
const DEADLINE_MS = 10_000;

export interface Executed {
  readonly scenario: Stage2Scenario;
  readonly expectation: Expectation;
  readonly observation: Observation;
  readonly verdict: Verdict;
}

interface How {
  readonly freshVm?: boolean;
  readonly plant?: string;
}

/** Real KVM, driven from this process. */
export class RealMachine {
  readonly profile: Stage2Profile;
  private executed = 0n;

  private constructor(private readonly driver: Driver) {
    this.profile = probe(driver);
  }

  static open(): RealMachine {
    return new RealMachine(openDriver());
  }

  close(): void {
    this.driver.close();
  }

  /** Scenarios for this machine, the same ones for the same seed. */
  generate(numRuns: number, seed: number): Stage2Scenario[] {
    return fc.sample(stage2Arbitrary(this.profile), { numRuns, seed });
  }

  observe(scenario: Stage2Scenario, { freshVm = false, plant = 'none' }: How = {}): Observation {
    const options = { freshVm, plant, deadlineMs: DEADLINE_MS, id: this.executed++ };
    return decodeStage2(this.driver.execute(encodeStage2(scenario, options)));
  }

  /** Predicts, executes and judges. Undefined: this machine lacks something that the scenario needs. */
  run(scenario: Stage2Scenario, how: How = {}): Executed | undefined {
    const expectation = predictStage2(scenario, this.profile);
    if (expectation.skip !== undefined) return undefined;
    const observation = this.observe(scenario, how);
    return { scenario, expectation, observation, verdict: judgeStage2(expectation, observation) };
  }
}
