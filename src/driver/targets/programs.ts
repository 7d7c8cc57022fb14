import { spawn, spawnSync } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import process from 'node:process';
import { errorMessage, errnoCode } from '../../util/errno.js';
import { oneLine } from '../../util/text.js';
import { TargetError } from './error.js';

/** Which Debian package has a program. */
const PACKAGES: Readonly<Record<string, string>> = {
  'dpkg-deb': 'dpkg',
  flock: 'util-linux',
  xz: 'xz-utils',
  zstd: 'zstd',
  'qemu-system-aarch64': 'qemu-system-arm',
  'qemu-system-x86_64': 'qemu-system-x86',
};

/** How a program ended, and the text it printed. */
export interface Finished {
  /** Null after a signal. */
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A program cannot be started: one sentence, with the package to install where it is missing. */
function cannotStart(program: string, error: unknown): TargetError {
  if (errnoCode(error) !== 'ENOENT') return new TargetError(`${program} cannot be started: ${errorMessage(error)}`);
  return missing(program);
}

function missing(program: string): TargetError {
  const inPackage = PACKAGES[program.replace(/^.*\//, '')];
  const mend = inPackage === undefined ? 'install it' : `run apt-get install ${inPackage}`;
  return new TargetError(`${program} is missing: ${mend}`);
}

/**
 * Runs a program to its end, in the C locale.
 *
 * @param onText gets standard output piece by piece; without it, the text is collected.
 * @throws {TargetError} when it cannot be started.
 */
export function run(
  program: string,
  args: readonly string[],
  options: { readonly cwd?: string; readonly onText?: (text: string) => void } = {},
): Promise<Finished> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: options.cwd,
      env: { ...process.env, LC_ALL: 'C' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stdout = '';
    let stderr = '';
    const onText = options.onText ?? ((text: string) => (stdout += text));
    child.stdout.setEncoding('utf8').on('data', onText);
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.once('error', (error) => {
      reject(cannotStart(program, error));
    });
    child.once('close', (status) => {
      resolve({ status, stdout, stderr });
    });
  });
}

/** Runs a file through a program that writes the result to its standard output, such as `xz -dc`. */
export function filterFile(program: string, args: readonly string[], file: string): Buffer {
  const { error, status, stdout, stderr } = spawnSync(program, [...args, file], { maxBuffer: 512 * 1024 * 1024 });
  if (error !== undefined) throw cannotStart(program, error);
  if (status !== 0) throw new TargetError(`${program} cannot read ${file}: ${oneLine(stderr.toString().trim())}`);
  return stdout;
}

/**
 * The path of a program that is on the PATH.
 *
 * @throws {TargetError} naming the package to install.
 */
export function findProgram(name: string): string {
  const path = programPath(name);
  if (path === undefined) throw missing(name);
  return path;
}

/** Whether a program is on the PATH. */
export function hasProgram(name: string): boolean {
  return programPath(name) !== undefined;
}

function programPath(name: string): string | undefined {
  // Programs of administrators are not on everybody's PATH.
  const directories = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/sbin'];
  return directories.map((directory) => join(directory, name)).find((candidate) => isExecutable(candidate));
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/**
 * The command that makes the kernel kill a program when the process that starts it ends; which may have happened before the
 * kernel knows of it.
 */
export function dyingWithParent(command: readonly [string, ...string[]]): readonly [string, ...string[]] {
  try {
    const checked = ['sh', '-c', '[ "$PPID" = "$0" ] && exec "$@"', String(process.pid)];
    return [findProgram('setpriv'), '--pdeathsig', 'KILL', ...checked, ...command];
  } catch {
    return command;
  }
}
