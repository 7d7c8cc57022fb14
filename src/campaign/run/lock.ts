import { closeSync, constants, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs';
import process from 'node:process';
import { lockFile } from '../../driver/fileLock.js';
import { errnoSentence } from '../../util/errno.js';
import { printable } from '../../util/text.js';
import { RunError } from './error.js';
import { lockFile as lockPath } from './paths.js';

/** Keeps a run directory for one campaign. It is free again when the process has ended, also by a kill. */
export class RunLock {
  private constructor(private readonly descriptor: number) {}

  /** @throws {RunError} another campaign has it, or it cannot be written. */
  static take(runDir: string): RunLock {
    const path = lockPath(runDir);
    let descriptor: number;
    try {
      descriptor = openSync(path, constants.O_RDWR | constants.O_CREAT, 0o644);
    } catch (error) {
      throw new RunError(`the run directory ${printable(runDir)} cannot be written: ${errnoSentence(error)}`);
    }
    if (!lockFile(descriptor)) {
      closeSync(descriptor);
      throw new RunError(
        `a campaign is running in ${printable(runDir)} already, as process ${holderOf(path)}: wait for its end, or name another --run-dir`,
      );
    }
    noteHolder(descriptor);
    return new RunLock(descriptor);
  }

  release(): void {
    closeSync(this.descriptor);
  }
}

/** Only for people: the lock itself is the kernel's. */
function noteHolder(descriptor: number): void {
  try {
    ftruncateSync(descriptor);
    writeSync(descriptor, `${process.pid}\n`, 0);
  } catch {
    // The disk is full; the lock holds all the same.
  }
}

function holderOf(path: string): string {
  const [pid] = /^\d+/.exec(readFileSync(path, 'utf8')) ?? [];
  return pid ?? '?';
}
