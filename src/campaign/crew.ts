import pLimit from 'p-limit';
import type { Profile } from '../scenario/profile.js';
import { CampaignError } from './campaignError.js';
import type { Ready } from './messages.js';
import { OomKills } from './kernel/oomKills.js';
import type { Wedge } from './wedge.js';
import { WorkerDeath, WorkerFailure } from './death.js';
import { type WorkerEvents, WorkerProcess, type WorkerSetup } from './workerProcess.js';

const START_ATTEMPTS = 3;
const DISPOSABLES_AT_ONCE = 2;

/** Starts workers and knows those that live. The first one probes the machine for all. */
export class Crew {
  private readonly workers = new Set<WorkerProcess>();
  private readonly limit = pLimit(DISPOSABLES_AT_ONCE);
  private readonly oomKills = new OomKills();
  private readonly setup: WorkerSetup;
  private known: Ready | undefined;
  /** Workers that could not be ended, and may still be there. */
  readonly wedged: Wedge[] = [];

  constructor(
    setup: WorkerSetup,
    private readonly events: WorkerEvents,
  ) {
    this.setup = { ...setup, oomKill: (pid) => this.oomKills.about(pid) };
  }

  get ready(): Ready {
    if (this.known === undefined) throw new Error('no worker has started yet');
    return this.known;
  }

  get profile(): Profile {
    return this.ready.profile;
  }

  /** Process ids of the living workers. */
  get pids(): readonly number[] {
    return this.living.map(({ pid }) => pid);
  }

  get living(): readonly WorkerProcess[] {
    return [...this.workers].filter(({ dead }) => !dead);
  }

  worker(pid: number): WorkerProcess | undefined {
    return [...this.workers].find((worker) => worker.pid === pid);
  }

  /**
   * @throws {CampaignError} the worker cannot start, or died at its start three times in a row.
   */
  async hire(events: WorkerEvents = {}, executes = true, plant?: string): Promise<WorkerProcess> {
    const setup = plant === undefined ? this.setup : { ...this.setup, plant };
    let death = '';
    for (let attempt = 0; attempt < START_ATTEMPTS; attempt++) {
      const worker = new WorkerProcess(setup, { ...this.events, ...events });
      this.workers.add(worker);
      this.events.log?.('worker started', { pid: worker.pid });
      try {
        this.known = await worker.start(this.known?.profile, executes);
        return worker;
      } catch (error) {
        await this.dismiss(worker);
        if (error instanceof WorkerFailure) throw new CampaignError(error.message, error.missing);
        if (!(error instanceof WorkerDeath)) throw error;
        death = error.lines.slice(0, 2).join(': ');
      }
    }
    throw new CampaignError(`workers do not start, ${START_ATTEMPTS} in a row: ${death}`);
  }

  async dismiss(worker: WorkerProcess): Promise<void> {
    await worker.close();
    if (!this.workers.delete(worker) || worker.wedge === undefined) return;
    this.wedged.push(worker.wedge);
  }

  /**
   * Hands a new worker to `work` and ends it afterwards.
   *
   * @param plant a deliberate fault of this worker only.
   */
  disposable<T>(work: (worker: WorkerProcess) => Promise<T>, plant?: string): Promise<T> {
    return this.withWorker(work, true, plant);
  }

  /** {@link disposable} with a worker that cannot execute anything, and so needs no machine. */
  consult<T>(work: (worker: WorkerProcess) => Promise<T>): Promise<T> {
    return this.withWorker(work, false);
  }

  private withWorker<T>(work: (worker: WorkerProcess) => Promise<T>, executes: boolean, plant?: string): Promise<T> {
    return this.limit(async () => {
      const worker = await this.hire({}, executes, plant);
      try {
        return await work(worker);
      } finally {
        await this.dismiss(worker);
      }
    });
  }

  stop(): void {
    for (const worker of this.workers) worker.stop();
  }

  async dismissAll(): Promise<void> {
    await Promise.all([...this.workers].map((worker) => this.dismiss(worker)));
    this.oomKills.close();
  }
}
