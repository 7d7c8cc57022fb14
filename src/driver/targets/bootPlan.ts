import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { errnoSentence } from '../../util/errno.js';
import { EXECUTABLE, type CpioEntry } from './cpio.js';
import { fetchKernel, type FetchOptions } from './debian.js';
import { TargetError } from './error.js';
import { mustBeFor } from './imageKind.js';
import { buildInitramfs, type InitramfsParts } from './initramfs.js';
import { modulesToLoad } from './modules.js';
import { findProgram } from './programs.js';
import { guestModules, pickCpu, qemuBuild, qemuProgram, type QemuBuild, type QemuFiles } from './qemuArguments.js';
import type { QemuTarget } from './qemuTarget.js';

export interface BootOptions extends FetchOptions {
  /** Path of the agent: a static executable for the guest. */
  readonly agent: string;
  /** What the guest runs before the agent, which is in `/agent`: a static executable that ends by executing it, and its files. */
  readonly before?: { readonly program: string; readonly files: readonly CpioEntry[] };
  /** Gets the log of the console and what else QEMU needs; a temporary directory without it. */
  readonly directory?: string;
  /** Directory of snapshots to start from; false starts from the beginning. */
  readonly snapshots?: string | false;
}

/** All that decides what a guest is, besides its target. */
export interface BootPlan {
  readonly target: QemuTarget;
  /** Path of QEMU. */
  readonly program: string;
  readonly cpu: string;
  readonly image: string;
  readonly initramfs: Buffer;
}

/**
 * Finds and checks what a target needs to boot.
 *
 * @throws {TargetError} when something is missing or does not fit.
 */
export async function planBoot(target: QemuTarget, options: BootOptions): Promise<BootPlan> {
  const program = findProgram(qemuProgram(target.arch));
  const { image, modules } = await kernelFiles(target, options);
  mustBeFor(target.arch, image, 'the kernel');
  mustBeFor(target.arch, options.agent, 'the agent');
  const parts = { ...firstProcess(options), modules: modulesToLoad(modules, guestModules(target)) };
  const cpu = target.cpu ?? pickCpu(target.arch, thisQemu(program));
  return { target, program, cpu, image, initramfs: buildInitramfs(parts) };
}

function firstProcess({ agent, before }: BootOptions): Pick<InitramfsParts, 'init' | 'files'> {
  const contents = readExecutable(agent);
  if (before === undefined) return { init: contents };
  const files = [...before.files, { name: 'agent', mode: EXECUTABLE, contents }];
  return { init: readExecutable(before.program), files };
}

/** Where a guest's files are. */
export interface BootPlace {
  readonly files: QemuFiles;
  /** Gets what QEMU complains about. */
  readonly log: string;
  /** The directory, when nobody gave one. */
  readonly temporary: string | undefined;
}

/** Writes what QEMU reads. */
export function placeFiles({ image, initramfs }: BootPlan, directory: string | undefined): BootPlace {
  const temporary = directory === undefined ? mkdtempSync(join(tmpdir(), 'faultline-vm-')) : undefined;
  const place = directory ?? temporary ?? '.';
  mkdirSync(place, { recursive: true });
  const files = { image, initramfs: join(place, 'initramfs.cpio'), console: join(place, 'console.log') };
  writeFileSync(files.initramfs, initramfs);
  // The lines of another guest would be taken for this one's.
  writeFileSync(files.console, '');
  return { files, log: join(place, 'qemu.log'), temporary };
}

async function kernelFiles(
  { arch, kernel, modules }: QemuTarget,
  options: FetchOptions,
): Promise<{ image: string; modules: string | undefined }> {
  if (kernel.kind === 'image') return { image: kernel.path, modules };
  const fetched = await fetchKernel(arch, kernel.wanted, options);
  return { image: fetched.image, modules: modules ?? fetched.modules };
}

function readExecutable(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new TargetError(`the agent ${path} cannot be read (${errnoSentence(error)}): run make -C native agent`);
  }
}

function thisQemu(program: string): QemuBuild {
  const ask = (...args: readonly string[]): string => {
    const { stdout } = spawnSync(program, args, { encoding: 'utf8' });
    return stdout;
  };
  return qemuBuild(ask('--version'), ask('-machine', 'none', '-cpu', 'help'));
}
