import fc from 'fast-check';
import { uffdArbitrary } from '../../src/arbitraries/uffd.js';
import { type Driver, openDriver } from '../../src/driver/library.js';
import { probeUffd } from '../../src/driver/probe/uffd.js';
import { Frames } from '../../src/driver/wire/frames.js';
import type { UffdObservation } from '../../src/driver/wire/uffd/observation.js';
import { appendUffd, decodeUffd } from '../../src/driver/wire/uffd.js';
import type { UffdProfile } from '../../src/scenario/uffd/profile.js';
import type { UffdScenario } from '../../src/scenario/uffd.js';

/** Other tests may keep the machine busy, so that this is no measure of speed. */
const DEADLINE_MS = 10_000;

/** Real userfaultfd, driven from this process. */
export class UffdMachine {
  readonly profile: UffdProfile;
  private executed = 0n;

  private constructor(private readonly driver: Driver) {
    this.profile = probeUffd(driver, 'local');
  }

  static open(): UffdMachine {
    return new UffdMachine(openDriver());
  }

  close(): void {
    this.driver.close();
  }

  /** Scenarios for this machine, the same ones for the same seed. */
  generate(numRuns: number, seed: number): UffdScenario[] {
    return fc.sample(uffdArbitrary(this.profile), { numRuns, seed });
  }

  observe(scenario: UffdScenario, plant = 'none', deadlineMs = DEADLINE_MS): UffdObservation {
    const frames = new Frames();
    appendUffd(scenario, { freshVm: false, deadlineMs, plant, id: this.executed++ }, frames);
    return decodeUffd(this.driver.execute(frames.from(0)));
  }
}
