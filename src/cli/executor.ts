import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Ready } from '../campaign/messages.js';
import type { Judged } from '../campaign/pipeline.js';
import type { StopRequest } from '../campaign/stop.js';
import { WorkerDeath, WorkerFailure } from '../campaign/death.js';
import { WorkerProcess, type WorkerSetup } from '../campaign/workerProcess.js';
import { type Fault, type Signature, signatureOf } from '../campaign/signature.js';
import type { Executes } from '../triage/executes.js';
import type { Target } from '../driver/targets/target.js';
import { deadlineFor, graceFor } from '../campaign/targetTraits.js';
import { oneLine } from '../util/text.js';
import { CommandError, EXIT, HarnessError } from './exit.js';
import { familyNamed } from './families.js';

/** A scenario that has not ended by then hangs. */
const DEADLINE_MS = 5000;
/** Time beyond the deadline in which the driver itself must notice it. */
const GRACE_MS = 5000;

/** Executes single scenarios of one family in a worker process, and survives the worker's death. */
export class Executor implements Executes {
  private constructor(
    private readonly setup: WorkerSetup,
    private worker: WorkerProcess,
    /** The machine as the worker probed it. */
    readonly ready: Ready,
  ) {}

  /**
   * @param module stands in for families and driver; tests only.
   * @throws {HarnessError} when no worker starts.
   * @throws {CommandError} when the target lacks something.
   */
  static async open(family: string, target: Target, plant = 'none', module?: string): Promise<Executor> {
    const runDir = mkdtempSync(join(tmpdir(), 'faultline-'));
    const graceMs = graceFor(target, GRACE_MS);
    const setup = { family, target, plant, deadlineMs: deadlineFor(target, DEADLINE_MS), graceMs, runDir, module };
    const worker = new WorkerProcess(setup);
    try {
      return new Executor(setup, worker, await worker.start(undefined));
    } catch (error) {
      await worker.close();
      rmSync(runDir, { recursive: true, force: true });
      throw harnessError(error);
    }
  }

  /**
   * Executes a scenario that its family has parsed this many times, each in a virtual machine of its own if wanted. Fewer, but one
   * at least, when it is asked to stop, or the target is gone for good with one of them.
   */
  async execute(scenario: unknown, times: number, freshVm: boolean, stop?: StopRequest): Promise<Judged[]> {
    const results: Judged[] = [];
    while (results.length < times && (results.length === 0 || stop?.requested !== true)) {
      try {
        results.push(await this.executeOnce(scenario, freshVm));
      } catch (error) {
        // What took the target away is a result; that there is no other is for the next scenario to hear.
        if (results.at(-1)?.execution.verdict.kind !== 'crash') throw error;
        break;
      }
    }
    return results;
  }

  /** Executes a scenario once in a process and a virtual machine of its own. */
  async executeAlone(scenario: unknown): Promise<Judged> {
    const alone = new Executor(this.setup, new WorkerProcess(this.setup), this.ready);
    try {
      await alone.worker.start(this.ready.profile);
      return await alone.executeOnce(scenario, true);
    } catch (error) {
      throw harnessError(error);
    } finally {
      await alone.worker.close();
    }
  }

  async close(): Promise<void> {
    await this.worker.close();
    rmSync(this.setup.runDir, { recursive: true, force: true });
  }

  private async executeOnce(scenario: unknown, freshVm: boolean): Promise<Judged> {
    if (this.worker.dead) await this.replaceWorker();
    try {
      const [judged] = await this.worker.request<'execute'>({ kind: 'execute', scenario, times: 1, freshVm });
      if (judged === undefined) throw new HarnessError('the worker answered nothing');
      return judged;
    } catch (error) {
      if (!(error instanceof WorkerDeath)) throw harnessError(error);
      return this.afterDeath(scenario, error);
    }
  }

  /** The worker died with the scenario: that is what came of it, whether or not there can be another worker. */
  private async afterDeath(scenario: unknown, death: WorkerDeath): Promise<Judged> {
    const step = death.inFlight?.step ?? 0;
    const detail = death.lines.join('\n');
    const verdict: Fault = death.silent ? { kind: 'hang', step, detail } : { kind: 'crash', detail };
    const signature = await this.describe(scenario, verdict, step);
    return { execution: { verdict, timeline: [], decided: {} }, signature };
  }

  /** A new worker knows the family; where there can be none, the next scenario hears of that. */
  private async describe(scenario: unknown, verdict: Fault, step: number): Promise<Signature | undefined> {
    try {
      await this.replaceWorker();
      return await this.worker.request<'describe'>({ kind: 'describe', scenario, verdict, step });
    } catch {
      return signatureOf(await familyNamed(this.setup.family), scenario, verdict, step);
    }
  }

  private async replaceWorker(): Promise<void> {
    await this.worker.close();
    const worker = new WorkerProcess(this.setup);
    try {
      await worker.start(this.ready.profile);
    } catch (error) {
      await worker.close();
      throw harnessError(error);
    }
    this.worker = worker;
  }
}

function harnessError(error: unknown): unknown {
  if (error instanceof WorkerFailure) {
    const sentence = oneLine(error.message, 1000);
    return error.missing ? new CommandError(EXIT.skipped, `skipped: ${sentence}`) : new HarnessError(sentence);
  }
  if (!(error instanceof WorkerDeath)) return error;
  return new HarnessError(oneLine(error.lines.slice(0, 2).join(': '), 1000));
}
