import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { errnoSentence } from '../../util/errno.js';
import { oneLine } from '../../util/text.js';
import { diagnoseConsole } from './console.js';
import { EXECUTABLE, type CpioEntry } from './cpio.js';
import { fetchKernel, type FetchOptions } from './debian.js';
import { TargetError } from './error.js';
import { mustBeFor } from './imageKind.js';
import { buildInitramfs, type InitramfsParts } from './initramfs.js';
import { modulesToLoad } from './modules.js';
import { openPipe, pollPipe, type Pipe } from './pipes.js';
import { findProgram } from './programs.js';
import {
  guestModules,
  pickCpu,
  qemuArguments,
  qemuBuild,
  qemuProgram,
  type QemuBuild,
  type QemuFiles,
} from './qemuArguments.js';
import { targetName } from './target.js';
import type { QemuTarget } from './qemuTarget.js';

/** Emulation boots in 3 to 16 seconds on an idle machine. */
export const BOOT_TIMEOUT_MS = 120_000;
const POLL_MS = 10;

export interface BootOptions extends FetchOptions {
  /** Path of the agent: a static executable for the guest. */
  readonly agent: string;
  /** What the guest runs before the agent, which is in `/agent`: a static executable that ends by executing it, and its files. */
  readonly before?: { readonly program: string; readonly files: readonly CpioEntry[] };
  /** Gets the log of the console and what else QEMU needs; a temporary directory without it. */
  readonly directory?: string;
}

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

/**
 * Starts a guest. It ends with this process, however that ends, where util-linux has setpriv.
 *
 * Returns when QEMU is running, long before the agent is: {@link waitForAgent}.
 *
 * @throws {TargetError} when something that it needs is missing or does not fit.
 */
export async function bootVm(target: QemuTarget, options: BootOptions): Promise<Vm> {
  const program = findProgram(qemuProgram(target.arch));
  const { image, modules } = await kernelFiles(target, options);
  mustBeFor(target.arch, image, 'the kernel');
  mustBeFor(target.arch, options.agent, 'the agent');
  const parts = { ...firstProcess(options), modules: modulesToLoad(modules, guestModules(target)) };
  const initramfs = buildInitramfs(parts);
  const temporary = options.directory === undefined ? mkdtempSync(join(tmpdir(), 'faultline-vm-')) : undefined;
  const directory = options.directory ?? temporary ?? '.';
  mkdirSync(directory, { recursive: true });
  const files = { image, initramfs: join(directory, 'initramfs.cpio'), console: join(directory, 'console.log') };
  writeFileSync(files.initramfs, initramfs);
  // QEMU adds to a log that is there, and the lines of another guest would be taken for this one's.
  writeFileSync(files.console, '');
  const cpu = target.cpu ?? pickCpu(target.arch, thisQemu(program));
  return start(target, program, qemuArguments(target, cpu, files), files, temporary);
}

function firstProcess({ agent, before }: BootOptions): Pick<InitramfsParts, 'init' | 'files'> {
  const contents = readAgent(agent);
  if (before === undefined) return { init: contents };
  const files = [...before.files, { name: 'agent', mode: EXECUTABLE, contents }];
  return { init: readFileSync(before.program), files };
}

async function kernelFiles(
  { arch, kernel, modules }: QemuTarget,
  options: FetchOptions,
): Promise<{ image: string; modules: string | undefined }> {
  if (kernel.kind === 'image') return { image: kernel.path, modules };
  const fetched = await fetchKernel(arch, kernel.wanted, options);
  return { image: fetched.image, modules: modules ?? fetched.modules };
}

function readAgent(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new TargetError(`the agent ${path} cannot be read (${errnoSentence(error)}): build it with make -C native`);
  }
}

function thisQemu(program: string): QemuBuild {
  const ask = (...args: readonly string[]): string => {
    const { stdout } = spawnSync(program, args, { encoding: 'utf8' });
    return stdout;
  };
  return qemuBuild(ask('--version'), ask('-machine', 'none', '-cpu', 'help'));
}

async function start(
  target: QemuTarget,
  program: string,
  args: readonly string[],
  files: QemuFiles,
  temporary: string | undefined,
): Promise<Vm> {
  const [toGuest, fromGuest] = [openPipe(), openPipe()];
  const [command, ...rest] = dyingWithParent([program, ...args]);
  const child = spawn(command, rest, { stdio: [toGuest.readFd, fromGuest.writeFd, 'pipe'] });
  // QEMU has its own now; as long as these are open, a read would not end with it.
  closeSync(toGuest.readFd);
  closeSync(fromGuest.writeFd);
  const vm = new RunningVm(target, child, toGuest, fromGuest, files.console, temporary);
  await vm.spawned();
  return vm;
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
  readonly readFd: number;
  readonly writeFd: number;
  readonly exited: Promise<VmExit>;
  private stderr = '';
  private open = true;

  constructor(
    readonly target: QemuTarget,
    private readonly child: ChildProcess,
    toGuest: Pipe,
    fromGuest: Pipe,
    readonly consolePath: string,
    private readonly temporary: string | undefined,
  ) {
    this.readFd = fromGuest.readFd;
    this.writeFd = toGuest.writeFd;
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
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const state = pollPipe(vm.readFd);
    if (state === 'data') return;
    if (state === 'ended' || Date.now() > deadline) break;
    await delay(POLL_MS);
  }
  const late = Date.now() > deadline;
  const exit = late ? undefined : await vm.exited;
  const reason = exit === undefined ? `no answer in ${timeoutMs / 1000} s` : exitReason(exit);
  const complaint = exit !== undefined && exit.stderr !== '' ? oneLine(exit.stderr) : vm.diagnose();
  vm.kill();
  throw new TargetError(`${targetName(vm.target)} did not boot: ${reason}; ${complaint}`);
}

function exitReason({ code, signal }: VmExit): string {
  if (signal !== null) return `QEMU was ended by ${signal}`;
  return code === 0 ? 'the guest switched itself off' : `QEMU ended with status ${code ?? 'unknown'}`;
}
