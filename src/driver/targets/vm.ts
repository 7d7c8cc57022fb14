import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { Duplex } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { errnoSentence } from '../../util/errno.js';
import { oneLine } from '../../util/text.js';
import { diagnoseConsole } from './console.js';
import { TargetError } from './error.js';
import { openPipe, pollPipe } from './pipes.js';
import { findProgram } from './programs.js';
import type { QemuTarget } from './qemuTarget.js';

/** Emulation boots in 2 to 16 seconds; a busy machine takes longer. */
export const BOOT_TIMEOUT_MS = 120_000;
const POLL_MS = 10;

/** How QEMU ended. */
export interface VmExit {
  /** Null after a signal. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** What QEMU itself complained about. */
  readonly stderr: string;
}

/** A guest that is running. */
export interface Vm {
  readonly target: QemuTarget;
  /** What the agent writes. A read blocks, and ends when QEMU does. */
  readonly readFd: number;
  /** What the agent reads. */
  readonly writeFd: number;
  readonly consolePath: string;
  readonly pid: number;
  readonly exited: Promise<VmExit>;
  /** Says in one sentence what the console tells about why the agent does not answer. */
  diagnose(): string;
  /** Ends QEMU, closes both descriptors and removes what is temporary. Again is no error. */
  kill(): void;
}

/** What QEMU is started with. */
export interface VmStart {
  readonly target: QemuTarget;
  readonly program: string;
  readonly args: readonly string[];
  readonly consolePath: string;
  /** A directory that goes with the guest. */
  readonly temporary: string | undefined;
}

/** QEMU's monitor, where it was asked for, is its file descriptor 3. */
export const MONITOR_ARGUMENTS = [
  '-chardev',
  'socket,id=monitor,fd=3',
  '-mon',
  'chardev=monitor,mode=control',
] as const;

/** A guest whose agent may already have said something, in another QEMU. */
export interface StartedVm {
  readonly vm: Vm;
  readonly monitor: Duplex;
  /** Lets readers have this before anything that the guest writes from now on. To be called once. */
  readonly greet: (bytes: Uint8Array) => void;
}

/**
 * Starts QEMU. It ends with this process, however that ends, where util-linux has setpriv.
 *
 * @throws {TargetError} when it cannot be started.
 */
export async function startVm(start: VmStart): Promise<Vm> {
  const { vm, greet } = await spawnQemu(start, ['ignore']);
  greet(new Uint8Array());
  return vm;
}

/** Starts QEMU with its monitor; `args` must have {@link MONITOR_ARGUMENTS}. */
export async function startMonitored(start: VmStart): Promise<StartedVm> {
  const { vm, greet, child } = await spawnQemu(start, ['pipe']);
  const monitor = child.stdio[3];
  if (!(monitor instanceof Duplex)) throw new Error('HARNESS: the monitor of QEMU is not connected');
  return { vm, greet, monitor };
}

async function spawnQemu(
  start: VmStart,
  more: readonly ('pipe' | 'ignore')[],
): Promise<Omit<StartedVm, 'monitor'> & { readonly child: ChildProcess }> {
  const [toGuest, fromGuest] = [openPipe(), openPipe()];
  const [command, ...rest] = dyingWithParent([start.program, ...start.args]);
  const child = spawn(command, rest, { stdio: [toGuest.readFd, fromGuest.writeFd, 'pipe', ...more] });
  // QEMU has its own now; as long as ours are open, a read would not end with it.
  closeSync(toGuest.readFd);
  const vm = new RunningVm(start, child, fromGuest.readFd, toGuest.writeFd);
  const greet = (bytes: Uint8Array): void => {
    if (bytes.length > 0) writeSync(fromGuest.writeFd, bytes);
    closeSync(fromGuest.writeFd);
  };
  try {
    await vm.spawned();
  } catch (error) {
    greet(new Uint8Array());
    throw error;
  }
  return { vm, greet, child };
}

/** The command that makes the kernel kill a program when the process that starts it ends. */
function dyingWithParent(command: readonly [string, ...string[]]): readonly [string, ...string[]] {
  try {
    return [findProgram('setpriv'), '--pdeathsig', 'KILL', ...command];
  } catch {
    return command;
  }
}

class RunningVm implements Vm {
  readonly target: QemuTarget;
  readonly consolePath: string;
  readonly exited: Promise<VmExit>;
  private readonly temporary: string | undefined;
  private stderr = '';
  private open = true;

  constructor(
    { target, consolePath, temporary }: VmStart,
    private readonly child: ChildProcess,
    readonly readFd: number,
    readonly writeFd: number,
  ) {
    this.target = target;
    this.consolePath = consolePath;
    this.temporary = temporary;
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.stderr += text));
    this.exited = new Promise((resolve) => {
      child.once('close', (code, signal) => {
        resolve({ code, signal, stderr: this.stderr.trim() });
      });
    });
  }

  get pid(): number {
    return this.child.pid ?? -1;
  }

  spawned(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.child.once('spawn', resolve);
      this.child.once('error', (error) => {
        this.kill();
        reject(new TargetError(`QEMU cannot be started: ${errnoSentence(error)}`));
      });
    });
  }

  diagnose(): string {
    return diagnoseConsole(readFileSync(this.consolePath, 'utf8'), this.target.arch);
  }

  kill(): void {
    if (!this.open) return;
    this.open = false;
    this.child.kill('SIGKILL');
    closeSync(this.readFd);
    closeSync(this.writeFd);
    if (this.temporary !== undefined) rmSync(this.temporary, { recursive: true, force: true });
  }
}

/**
 * Waits until the agent has written something, which is left to be read.
 *
 * @throws {TargetError} when QEMU ends before that, or nothing comes in time; the guest is killed then.
 */
export async function waitForAgent(vm: Vm, timeoutMs = BOOT_TIMEOUT_MS): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const state = pollPipe(vm.readFd);
    if (state === 'data') return;
    if (state === 'ended' || performance.now() > deadline) break;
    await delay(POLL_MS);
  }
  const exit = pollPipe(vm.readFd) === 'ended' ? await vm.exited : undefined;
  const reason = exit === undefined ? `no answer in ${timeoutMs / 1000} s` : exitReason(exit);
  const complaint = exit !== undefined && exit.stderr !== '' ? oneLine(exit.stderr) : vm.diagnose();
  vm.kill();
  throw new TargetError(`qemu:${vm.target.name} did not boot: ${reason}; ${complaint}`);
}

function exitReason({ code, signal }: VmExit): string {
  if (signal !== null) return `QEMU was ended by ${signal}`;
  return code === 0 ? 'the guest switched itself off' : `QEMU ended with status ${code ?? 'unknown'}`;
}
