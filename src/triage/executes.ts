import type { Ready } from '../campaign/messages.js';
import type { Judged } from '../campaign/pipeline.js';

/** Executes scenarios of one family on one target. A scenario that takes its process down has that as its verdict. */
export interface Executes {
  /** The machine as it was probed. */
  readonly ready: Ready;
  /** Executes a scenario this many times, each in a virtual machine of its own if wanted. */
  execute(scenario: unknown, times: number, freshVm: boolean): Promise<readonly Judged[]>;
  /** Executes a scenario once in a process and a virtual machine of its own. */
  executeAlone(scenario: unknown): Promise<Judged>;
}
