import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type InFlight, readBlackBox } from '../driver/blackBox.js';
import { CONSOLE_FILE } from '../driver/remote/openTarget.js';
import type { Target } from '../driver/targets/target.js';
import type { Profile } from '../scenario/profile.js';
import { monotonicMs } from './clock.js';
import { lastWords } from './kernel/console.js';
import { OUT_OF_MEMORY, WEDGED, WorkerDeath, WorkerFailure } from './death.js';
import type { FromWorker, Ready, Replies, Request, RequestKind, Shrunk, WorkerCounts } from './messages.js';
import { placeOf } from './seeds.js';
import { type Wedge, wedgeOf } from './wedge.js';
import { makeWorkFiles, type WorkFiles } from './workFiles.js';

const STDERR_CHARS = 4000;
const STDERR_MS = 100;
const CLOSE_MS = 1000;
/** A killed process may take this long to end when it is stuck in the kernel, and this long when it only is slow to go. */
const STUCK_MS = 1000;
const SLOW_END_MS = 30_000;

/** What every worker of a campaign has in common. */
export interface WorkerSetup {
  readonly family: string;
  readonly target: Target;
  readonly plant: string;
  readonly deadlineMs: number;
  /** A worker that is silent for longer than the deadline and this is killed. */
  readonly graceMs: number;
  /** Where black boxes are kept. */
  readonly runDir: string;
  /** Stands in for families and driver; tests only. */
  readonly module: string | undefined;
  /** What the kernel says about having killed this process for want of memory. */
  readonly oomKill?: (pid: number) => string | undefined;
}

export interface WorkerEvents {
  counts?(counts: WorkerCounts): void;
  /** Every line matters only to a log. */
  log?(event: string, facts: Readonly<Record<string, unknown>>): void;
}

interface Pending {
  resolve(value: Replies[RequestKind]): void;
  reject(error: Error): void;
}

/** A worker that has not said anything may take this long to start. */
const START_MS = 30_000;

/** A worker seen from its supervisor. One request at a time. */
export class WorkerProcess {
  private readonly child: ChildProcess;
  private readonly files: WorkFiles;
  /** Settled when the process has ended, or is waited for no longer. */
  private readonly exited: Promise<void>;
  private ended: () => void = () => undefined;
  private readonly watch: NodeJS.Timeout;
  private pending: Pending | undefined;
  private death: WorkerDeath | undefined;
  private lastHeard = monotonicMs();
  private silent = false;
  private killedMs: number | undefined;
  private started = false;
  private stderr = '';
  /** The simplest scenario that the shrinking in progress has reported. */
  shrunk: Shrunk | undefined;
  /** Scenarios in the counts that the worker has sent by itself. */
  reported = 0;

  constructor(
    private readonly setup: WorkerSetup,
    private readonly events: WorkerEvents = {},
  ) {
    this.files = makeWorkFiles(setup.runDir);
    const args = [String(process.pid), ...(setup.module === undefined ? [] : [setup.module])];
    this.child = fork(workerEntry(), args, {
      // A session of its own: the terminal's Ctrl-C reaches the supervisor only.
      detached: true,
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    this.exited = new Promise((resolve) => {
      this.ended = resolve;
    });
    // Not `close`, which never comes after a disconnect.
    this.child.once('exit', (code, signal) => {
      void this.lastWords().then(() => {
        if (this.dead) this.removeFiles();
        else this.end(signal ?? `exit ${code ?? 'unknown'}`);
      });
    });
    this.child.once('error', () => {
      this.child.kill('SIGKILL');
    });
    this.child.on('message', (message) => {
      this.onMessage(message as FromWorker);
    });
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.stderr = (this.stderr + text).slice(-STDERR_CHARS);
    });
    this.watch = setInterval(() => {
      this.checkLife();
    }, 200);
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  /** It has ended, or cannot be ended and was given up. */
  get dead(): boolean {
    return this.death !== undefined;
  }

  /** Where it is stuck, when it was given up. */
  get wedge(): Wedge | undefined {
    return this.death?.wedge;
  }

  /** When it last gave a sign of life, in milliseconds since the epoch. */
  get lastSeen(): number {
    return this.lastHeard;
  }

  /** What the worker is executing right now. */
  get inFlight(): InFlight | undefined {
    return readBlackBox(this.files.blackBox);
  }

  /** The console of the machine that it executes scenarios on, when that is its own. */
  get consoleFile(): string {
    return join(this.files.machine, CONSOLE_FILE);
  }

  /**
   * @param profile undefined: the worker probes the machine.
   * @param executes otherwise it needs no driver, and so no machine.
   */
  start(profile: Profile | undefined, executes = true): Promise<Ready> {
    const { family, target, plant, deadlineMs, graceMs } = this.setup;
    const { blackBox, scenario: scenarioFile, machine: machineDir } = this.files;
    const places = { blackBox, scenarioFile, machineDir };
    // The worker is to notice a silent target before its own silence is noticed.
    const marginMs = graceMs / 2;
    return this.request({ kind: 'start', family, target, plant, deadlineMs, marginMs, profile, executes, ...places });
  }

  /**
   * @throws {WorkerDeath} the process ended first.
   * @throws {WorkerFailure} the worker could not do it.
   */
  async request<K extends RequestKind>(request: Extract<Request, { kind: K }>): Promise<Replies[K]> {
    if (this.death !== undefined) throw this.death;
    if (this.pending !== undefined) throw new Error(`worker ${this.pid} is busy`);
    this.shrunk = undefined;
    this.lastHeard = monotonicMs();
    const reply = await new Promise<Replies[RequestKind]>((resolve, reject) => {
      this.pending = { resolve, reject };
      // A failed send is followed by the end of the process, which is what counts.
      this.child.send(request, () => undefined);
    });
    return reply as Replies[K];
  }

  /** Makes a fuzzing worker answer soon. */
  stop(): void {
    if (this.child.connected) this.child.send({ kind: 'stop' }, () => undefined);
  }

  kill(): void {
    this.killedMs ??= monotonicMs();
    this.child.kill('SIGKILL');
  }

  /** Ends the worker and removes its files. A worker that does not end by itself is killed, and given up when that fails. */
  async close(): Promise<void> {
    if (this.child.connected) this.child.disconnect();
    await Promise.race([this.exited, setTimeout(CLOSE_MS, undefined, { ref: false })]);
    if (!this.dead) this.kill();
    await this.exited;
    this.removeFiles();
  }

  private removeFiles(): void {
    rmSync(this.files.blackBox, { force: true });
    rmSync(this.files.scenario, { force: true });
    rmSync(this.files.machine, { recursive: true, force: true });
  }

  private onMessage(message: FromWorker): void {
    this.lastHeard = monotonicMs();
    this.started = true;
    if (message.kind === 'counts') {
      this.reported += message.counts.scenarios;
      this.events.counts?.(message.counts);
    } else if (message.kind === 'progress') this.shrunk = message.shrunk;
    else if (message.kind === 'reply') this.settle()?.resolve(message.value);
    else if (message.kind === 'failed') this.settle()?.reject(new WorkerFailure(message.detail, message.missing));
  }

  private settle(): Pending | undefined {
    const { pending } = this;
    this.pending = undefined;
    return pending;
  }

  private checkLife(): void {
    if (this.killedMs !== undefined) {
      this.checkDeath(monotonicMs() - this.killedMs);
      return;
    }
    const usual = this.setup.deadlineMs + this.setup.graceMs;
    // Nothing is executed yet: a busy machine may take long to start a process.
    const limit = this.started ? usual : Math.max(usual, START_MS);
    if (this.pending === undefined || monotonicMs() - this.lastHeard <= limit) return;
    this.silent = true;
    this.kill();
  }

  /** What the process wrote to standard error may arrive after its exit. */
  private async lastWords(): Promise<void> {
    const { stderr } = this.child;
    if (stderr === null || stderr.closed) return;
    await Promise.race([once(stderr, 'close'), setTimeout(STDERR_MS)]);
  }

  /** A process that waits in the kernel uninterruptibly takes no signal: it is not waited for. */
  private checkDeath(sinceKillMs: number): void {
    if (this.dead || sinceKillMs < STUCK_MS) return;
    const wedge = wedgeOf(this.pid);
    if (wedge.threads.length === 0 && sinceKillMs < SLOW_END_MS) return;
    if (this.child.connected) this.child.disconnect();
    this.child.stderr?.destroy();
    this.child.unref();
    this.end(WEDGED, wedge);
  }

  private end(how: string, wedge?: Wedge): void {
    clearInterval(this.watch);
    const inFlight = readBlackBox(this.files.blackBox);
    const running = inFlight?.running === true ? inFlight : undefined;
    const outside = running !== undefined && placeOf(running.id) === undefined;
    const scenario = outside ? readScenario(this.files.scenario) : undefined;
    const lines = lastWords(this.consoleFile);
    const foreign = how === 'SIGKILL' && this.killedMs === undefined;
    const oom = foreign ? this.setup.oomKill?.(this.pid) : undefined;
    this.death = new WorkerDeath({
      pid: this.pid,
      how: oom === undefined ? how : OUT_OF_MEMORY,
      silent: this.silent,
      stderr: this.stderr.trim(),
      inFlight: running,
      scenario,
      console: lines,
      oom,
      wedge,
    });
    const { pid, silent, stderr } = this.death;
    const asked = this.pending !== undefined;
    const facts = { pid, how: this.death.how, silent, stderr, asked, oom, wedge };
    this.events.log?.('worker ended', asked ? { ...facts, console: lines } : facts);
    this.settle()?.reject(this.death);
    this.ended();
  }
}

function readScenario(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as unknown;
  } catch {
    return undefined;
  }
}

/** The compiled worker, also when this file runs from its source. */
function workerEntry(): string {
  const beside = fileURLToPath(new URL('./worker.js', import.meta.url));
  return existsSync(beside) ? beside : fileURLToPath(new URL('../../dist/campaign/worker.js', import.meta.url));
}
