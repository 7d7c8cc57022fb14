import { errorMessage } from '../../util/errno.js';
import { CampaignError } from '../campaignError.js';
import type { Crew } from '../crew.js';
import { WorkerDeath, WorkerFailure } from '../death.js';
import { BURST } from '../fuzzing.js';
import { placeOf } from '../seeds.js';
import type { WorkerProcess } from '../workerProcess.js';
import { canaryResult, type CanaryResult, type PlantResult } from './result.js';

/** The same scenarios in every campaign: that a fault is caught is not to be a matter of luck. */
const SEED = 20_260_101;
const MAX_SCENARIOS = 2048;
/** Workers that a fault may cost before it counts as one that cannot be tried. */
const MAX_DEATHS = 3;

/** A worker's way through the canary's scenarios. */
interface Progress {
  next: number;
  rules: readonly string[] | undefined;
}

/**
 * Commits the deliberate faults that a family names, each in a worker of its own, until the campaign's own pipeline notices.
 * What it finds goes nowhere else.
 */
export class Canary {
  constructor(
    private readonly crew: Crew,
    private readonly name: { readonly family: string; readonly target: string },
    private readonly stop: { readonly requested: boolean },
  ) {}

  /** Undefined: the family names no faults for this machine, or the campaign is ending. */
  async round(): Promise<CanaryResult | undefined> {
    const plants: PlantResult[] = [];
    for (const plant of this.crew.ready.canaries) plants.push(await this.attempt(plant));
    if (plants.length === 0 || this.stop.requested) return undefined;
    return canaryResult(this.name.family, this.name.target, plants);
  }

  private async attempt(plant: string): Promise<PlantResult> {
    const progress: Progress = { next: 0, rules: undefined };
    let problem: string | undefined;
    try {
      for (let deaths = 0; ; deaths++) {
        const death = await this.untilDeath(plant, progress);
        if (death === undefined) break;
        if (deaths + 1 >= MAX_DEATHS) throw death;
      }
    } catch (error) {
      if (!(error instanceof WorkerDeath || error instanceof WorkerFailure || error instanceof CampaignError))
        throw error;
      problem = errorMessage(error);
    }
    const { next, rules } = progress;
    return { plant, caught: rules !== undefined, scenarios: next, rules: rules ?? [], problem };
  }

  /** Goes on until the fault is caught or all is tried. A scenario that ends the worker is left out the next time. */
  private async untilDeath(plant: string, progress: Progress): Promise<WorkerDeath | undefined> {
    try {
      await this.crew.disposable((worker) => this.search(worker, progress), plant);
      return undefined;
    } catch (error) {
      if (!(error instanceof WorkerDeath)) throw error;
      const place = error.inFlight === undefined ? undefined : placeOf(error.inFlight.id);
      progress.next = Math.max(progress.next, (place?.index ?? -1) + 1);
      return error;
    }
  }

  private async search(worker: WorkerProcess, progress: Progress): Promise<void> {
    while (progress.next < MAX_SCENARIOS && !this.stop.requested) {
      const range = { from: progress.next, to: MAX_SCENARIOS, leftMs: undefined, burst: BURST };
      const { next, found } = await worker.request({ kind: 'fuzz', seed: SEED, batch: 0, ...range });
      progress.next = next;
      if (found === undefined) return;
      if (!(await this.matchesWithout(found.scenario))) continue;
      progress.rules = found.signature.rules;
      return;
    }
  }

  /** Without the fault there must be nothing to see: what real KVM does wrong proves nothing of the tool. */
  private async matchesWithout(scenario: unknown): Promise<boolean> {
    try {
      const judged = await this.crew.disposable((worker) =>
        worker.request({ kind: 'execute', scenario, times: 1, freshVm: false }),
      );
      return judged.every(({ execution }) => execution.verdict.kind === 'match');
    } catch (error) {
      if (error instanceof WorkerDeath) return false;
      throw error;
    }
  }
}
