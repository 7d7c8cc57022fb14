import type { PossiblePairs } from './coverage/pairs.js';
import { CampaignError } from './campaignError.js';
import type { Crew } from './crew.js';
import { WorkerDeath, WorkerFailure } from './death.js';
import type { Lane } from './lane.js';
import type { WorkerProcess } from './workerProcess.js';

const ATTEMPTS = 3;

/** A worker that was started before there was a lane for it. */
export interface Spare {
  worker: WorkerProcess | undefined;
  lane: Lane | undefined;
}

/**
 * Starts the worker that probes a target and tells what that can show. One that dies on the way is replaced.
 *
 * @throws {CampaignError} it does not start, or died three times.
 */
export async function firstWorker(
  crew: Crew,
): Promise<{ readonly spare: Spare; readonly pairs: PossiblePairs | undefined }> {
  let death = '';
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const spare: Spare = { worker: undefined, lane: undefined };
    const worker = await crew.hire({ counts: (counts) => spare.lane?.counted(counts) });
    spare.worker = worker;
    try {
      return { spare, pairs: await worker.request({ kind: 'pairs' }) };
    } catch (error) {
      await crew.dismiss(worker);
      if (error instanceof WorkerFailure) throw new CampaignError(error.message, error.missing);
      if (!(error instanceof WorkerDeath)) throw error;
      death = error.message;
    }
  }
  throw new CampaignError(`workers do not start, ${ATTEMPTS} in a row: ${death}`);
}
