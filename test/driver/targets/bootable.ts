import { buildAgent } from '../../../src/driver/remote/agentFile.js';
import type { Arch } from '../../../src/driver/targets/arch.js';
import { fetchKernel } from '../../../src/driver/targets/debian.js';
import { TargetError } from '../../../src/driver/targets/error.js';
import { findProgram } from '../../../src/driver/targets/programs.js';
import { qemuProgram } from '../../../src/driver/targets/qemuArguments.js';
import type { QemuTarget } from '../../../src/driver/targets/qemuTarget.js';
import { parseTarget } from '../../../src/driver/targets/target.js';

/** Emulation on a busy machine, after fetching a kernel. */
export const SLOW_MS = 400_000;

export type Skip = (reason: string) => never;

/** A built-in target. */
export function machine(name: string): QemuTarget {
  const target = parseTarget(`qemu:${name}`);
  if (target.kind !== 'qemu') throw new Error(`${name} boots nothing`);
  return target;
}

/** Skips the test, with the reason, where what it needs is missing and cannot be had. */
export async function need<T>(skip: Skip, get: () => T | Promise<T>): Promise<T> {
  try {
    return await get();
  } catch (error) {
    if (error instanceof TargetError) return skip(error.message);
    throw error;
  }
}

/** Has QEMU and a kernel for an architecture, or skips the test. */
export async function needKernel(arch: Arch, skip: Skip): Promise<void> {
  await need(skip, () => findProgram(qemuProgram(arch)));
  await need(skip, () => fetchKernel(arch, '6.12'));
}

/** A target that has all it needs, its agent too, or skips the test. */
export async function bootable(name: string, skip: Skip): Promise<QemuTarget> {
  const target = machine(name);
  await needKernel(target.arch, skip);
  await need(skip, () => buildAgent(target.arch));
  return target;
}
