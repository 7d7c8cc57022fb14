import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { Duplex } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { errnoSentence } from '../../util/errno.js';
import { oneLine } from '../../util/text.js';
import { diagnoseConsole } from './console.js';
import { BootError, TargetError } from './error.js';
import { openPipe, pollPipe } from './pipes.js';
import { dyingWithParent } from './programs.js';
import type { QemuTarget } from './qemuTarget.js';

/** Emulation boots in 2 to 16 seconds; a busy machine takes longer. */
export const BOOT_TIMEOUT_MS = 120_000;
const POLL_MS = 10;
/** Of what QEMU complains about. */
const MAX_STDERR = 64 * 1024;

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
  /** Says in one sentence what QEMU and the console tell about why the agent does not answer. */
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
  /** Gets what QEMU complains about. */
  readonly logPath: string;
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
  const log = openSync(start.logPath, 'w');
  const stdio = [toGuest.readFd, fromGuest.writeFd, log, ...more];
  // In a session of its own, since it would end at the Ctrl-C that lets a campaign come to its end.
  const child = spawn(command, rest, { stdio, detached: true });
  // QEMU has its own now; as long as ours are open, a read would not end with it.
  closeSync(toGuest.readFd);
  closeSync(log);
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

class RunningVm implements Vm {
  readonly target: QemuTarget;
  readonly consolePath: string;
  readonly exited: Promise<VmExit>;
  private readonly logPath: string;
  private readonly temporary: string | undefined;
  private open = true;

  constructor(
    { target, consolePath, logPath, temporary }: VmStart,
    private readonly child: ChildProcess,
    readonly readFd: number,
    readonly writeFd: number,
  ) {
    this.target = target;
    this.consolePath = consolePath;
    this.logPath = logPath;
    this.temporary = temporary;
    this.exited = new Promise((resolve) => {
      child.once('exit', (code, signal) => {
        resolve({ code, signal, stderr: this.complaints() });
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
    const [console, complaints] = [textOf(this.consolePath), this.complaints()];
    const said = complaints === '' ? [] : [`QEMU says "${oneLine(complaints)}"`];
    const seen = complaints !== '' && console.trim() === '' ? [] : [diagnoseConsole(console, this.target.arch)];
    return [...seen, ...said].join('; ');
  }

  private complaints(): string {
    return textOf(this.logPath).slice(-MAX_STDERR).trim();
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
 * @throws {BootError} when QEMU ends before that, or nothing comes in time; the guest is killed then.
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
  const why = vm.diagnose();
  vm.kill();
  throw new BootError(`qemu:${vm.target.name} did not boot: ${reason}; ${why}`);
}

/** What a file says, or nothing when it has been removed with its guest. */
function textOf(path: string): string {
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
}

function exitReason({ code, signal }: VmExit): string {
  if (signal !== null) return `QEMU was ended by ${signal}`;
  return code === 0 ? 'the guest switched itself off' : `QEMU ended with status ${code ?? 'unknown'}`;
}
