import pLimit from 'p-limit';
import type { Ready } from '../campaign/messages.js';
import type { Judged } from '../campaign/pipeline.js';
import type { Target } from '../driver/targets/target.js';
import type { Executes } from '../triage/executes.js';
import { Executor } from './executor.js';

/** Several executors on one target. Whatever is to be executed waits for a free one. */
export class ExecutorPool implements Executes {
  private readonly limit;
  private readonly free: Executor[];

  private constructor(private readonly executors: readonly [Executor, ...Executor[]]) {
    this.limit = pLimit(executors.length);
    this.free = [...executors];
  }

  /**
   * @param module stands in for families and driver; tests only.
   * @throws like {@link Executor.open}.
   */
  static async open(
    family: string,
    target: Target,
    workers: number,
    plant = 'none',
    module?: string,
  ): Promise<ExecutorPool> {
    const executors: [Executor, ...Executor[]] = [await Executor.open(family, target, plant, module)];
    try {
      while (executors.length < workers) executors.push(await Executor.open(family, target, plant, module));
    } catch (error) {
      await Promise.all(executors.map((executor) => executor.close()));
      throw error;
    }
    return new ExecutorPool(executors);
  }

  get ready(): Ready {
    return this.executors[0].ready;
  }

  get size(): number {
    return this.executors.length;
  }

  execute(scenario: unknown, times: number, freshVm: boolean): Promise<readonly Judged[]> {
    return this.withFree((executor) => executor.execute(scenario, times, freshVm));
  }

  executeAlone(scenario: unknown): Promise<Judged> {
    return this.withFree((executor) => executor.executeAlone(scenario));
  }

  async close(): Promise<void> {
    await Promise.all(this.executors.map((executor) => executor.close()));
  }

  private withFree<T>(work: (executor: Executor) => Promise<T>): Promise<T> {
    return this.limit(async () => {
      const executor = this.free.pop();
      if (executor === undefined) throw new Error('more executions at a time than executors');
      try {
        return await work(executor);
      } finally {
        this.free.push(executor);
      }
    });
  }
}
