import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { agentPath } from '../../../src/driver/remote/agentFile.js';
import { DIRECTORY, EXECUTABLE, type CpioEntry } from '../../../src/driver/targets/cpio.js';
import { bootVm } from '../../../src/driver/targets/qemu.js';
import type { QemuTarget } from '../../../src/driver/targets/qemuTarget.js';

const INIT = fileURLToPath(new URL('guestInit.c', import.meta.url));
export const CROSS_COMPILER = 'aarch64-linux-gnu-gcc';
const FLAGS = ['-Wall', '-Wextra', '-Werror', '-pthread', '-static', '-s'];

/** Compiles a C file with warnings as errors, for an arm64 machine that has no libraries. */
export function crossCompile(file: string, program: string): void {
  execFileSync(CROSS_COMPILER, [...FLAGS, file, '-o', program], { stdio: ['ignore', 'ignore', 'inherit'] });
}

export interface RunProgram {
  /** Exit code, or 128 and the number of the signal. */
  readonly code: number;
  readonly output: string;
}

function runsIn(console: string): Map<string, RunProgram> {
  const lines = console.replaceAll('\r', '');
  const runs = lines.matchAll(/^program-begin (\S+)\n([^]*?)^program-end \1 (\d+)$/gm);
  return new Map([...runs].map(([, name = '', output = '', code]) => [name, { code: Number(code), output }]));
}

/**
 * Boots a machine that runs programs and switches itself off.
 *
 * @param programs path by name.
 * @param directory gets the guest's files.
 */
export async function runInGuest(
  target: QemuTarget,
  programs: ReadonlyMap<string, string>,
  directory: string,
): Promise<ReadonlyMap<string, RunProgram>> {
  const program = join(directory, 'init');
  crossCompile(INIT, program);
  const files: CpioEntry[] = [{ name: 'programs', mode: DIRECTORY }];
  for (const [name, path] of programs)
    files.push({ name: `programs/${name}`, mode: EXECUTABLE, contents: readFileSync(path) });
  const options = { agent: agentPath(target.arch), directory, before: { program, files }, snapshots: false } as const;
  const vm = await bootVm(target, options);
  try {
    await vm.exited;
    return runsIn(readFileSync(vm.consolePath, 'utf8'));
  } finally {
    vm.kill();
  }
}
