import { spawnSync } from 'node:child_process';
import { closeSync, constants, openSync, readFileSync } from 'node:fs';
import process from 'node:process';
import { errnoCode } from '../../util/errno.js';

/** The machine, as far as one can see it without KVM. */
export interface Machine {
  readonly isRoot: boolean;
  /** `os.arch()` style: `x64`, `arm64`. */
  readonly arch: string;
  /** errno of opening the file, undefined when it opens. */
  openError(path: string, access: 'read' | 'write'): string | undefined;
  /** A file's text, undefined when it cannot be read. */
  read(path: string): string | undefined;
  /** A shell command ends with 0. */
  succeeds(command: string): boolean;
}

/** The machine that this process runs on. */
export const thisMachine: Machine = {
  isRoot: process.geteuid?.() === 0,
  arch: process.arch,
  openError(path, access) {
    const flags = access === 'write' ? constants.O_RDWR : constants.O_RDONLY;
    try {
      closeSync(openSync(path, flags | constants.O_NONBLOCK));
      return undefined;
    } catch (error) {
      return errnoCode(error) ?? 'EIO';
    }
  },
  read(path) {
    try {
      return readFileSync(path, 'utf8');
    } catch {
      return undefined;
    }
  },
  succeeds: (command) => spawnSync('sh', ['-c', command], { stdio: 'ignore' }).status === 0,
};
