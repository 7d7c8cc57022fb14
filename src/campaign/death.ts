import type { InFlight } from '../driver/blackBox.js';
import { LOST_EXIT } from './lossIsFatal.js';
import { type Wedge, wedgeLines } from './wedge.js';

/** What is known of the end of a worker. */
export interface DeathFacts {
  readonly pid: number;
  /** Signal name, `exit <code>`, or what happened in words. */
  readonly how: string;
  /** It was killed because it gave no sign of life. */
  readonly silent: boolean;
  /** End of what it wrote to standard error. */
  readonly stderr: string;
  /** The execution it was in. */
  readonly inFlight: InFlight | undefined;
  /** The scenario of that execution, when it belongs to no batch. */
  readonly scenario: unknown;
  /** Last lines of the console of the machine that executed it, when it had one of its own. */
  readonly console: readonly string[];
  /** What the kernel says about having killed it for want of memory. */
  readonly oom: string | undefined;
  /** Where in the kernel it is stuck: the process is still there, and SIGKILL does not end it. */
  readonly wedge: Wedge | undefined;
}

export const OUT_OF_MEMORY = 'out of memory';
export const WEDGED = 'wedged in the kernel';

/** What the exit codes of {@link LOST_EXIT} are called. */
const LOST: Readonly<Record<string, { readonly how: string; readonly silent: boolean }>> = {
  [`exit ${LOST_EXIT.gone}`]: { how: 'the target died', silent: false },
  [`exit ${LOST_EXIT.silent}`]: { how: 'the target gave no sign of life', silent: true },
};

/** A worker process ended, or was given up, while it had something to do. */
export class WorkerDeath extends Error {
  override readonly name = 'WorkerDeath';
  readonly pid: number;
  readonly how: string;
  readonly silent: boolean;
  readonly stderr: string;
  readonly inFlight: InFlight | undefined;
  readonly scenario: unknown;
  readonly wedge: Wedge | undefined;
  private readonly further: readonly string[];

  constructor(facts: DeathFacts) {
    const { how, silent } = LOST[facts.how] ?? facts;
    super(deathSentence(how, silent));
    this.how = how;
    this.silent = silent;
    this.pid = facts.pid;
    this.stderr = facts.stderr;
    this.inFlight = facts.inFlight;
    this.scenario = facts.scenario;
    this.wedge = facts.wedge;
    const wedge = facts.wedge === undefined ? [] : wedgeLines(facts.wedge);
    this.further = [facts.oom ?? '', ...wedge, facts.stderr, ...facts.console];
  }

  /** All that there is to say, line by line. */
  get lines(): readonly string[] {
    return [this.message, ...this.further].filter((line) => line !== '');
  }
}

function deathSentence(how: string, silent: boolean): string {
  if (Object.values(LOST).some((lost) => lost.how === how)) return how;
  if (how === WEDGED) return 'the worker is wedged in the kernel: SIGKILL does not end it';
  if (how === OUT_OF_MEMORY) return 'the kernel killed the worker because memory ran out';
  return silent ? 'the worker gave no sign of life' : `the worker died: ${how}`;
}

/** The worker lives but could not do what it was asked: a fault of the tool, or the target lacks something. */
export class WorkerFailure extends Error {
  override readonly name = 'WorkerFailure';

  constructor(
    message: string,
    /** The target lacks something; the message says how to mend it. */
    readonly missing: boolean,
  ) {
    super(message);
  }
}
