import { closeSync, constants, openSync, readSync } from 'node:fs';
import { errnoCode, errnoSentence } from '../../util/errno.js';

const DEVICE = '/dev/kmsg';
/** Longest record that the kernel hands out (CONSOLE_EXT_LOG_MAX). */
const RECORD_BYTES = 8192;

/** The records of the kernel log, from now on. */
export class Kmsg {
  private readonly buffer = Buffer.alloc(RECORD_BYTES);
  private handle: number | undefined;
  /** Why the log cannot be read, in one sentence. */
  readonly problem: string | undefined;

  constructor(device = DEVICE) {
    try {
      this.handle = openSync(device, constants.O_RDONLY | constants.O_NONBLOCK);
      // There is no lseek in Node: what was logged before is read and dropped.
      while (this.read() !== undefined);
    } catch (error) {
      this.problem = `the kernel log is not watched: ${device}: ${errnoSentence(error)}`;
    }
  }

  /** The next record, `priority,sequence,time,flags[,caller=T<tid>];text`. Undefined: there is none yet. */
  read(): string | undefined {
    if (this.handle === undefined) return undefined;
    for (;;) {
      try {
        const size = readSync(this.handle, this.buffer, 0, this.buffer.length, null);
        return size === 0 ? undefined : this.buffer.toString('utf8', 0, size);
      } catch (error) {
        // Records were overwritten before they were read; the next read goes on after them.
        if (errnoCode(error) === 'EPIPE') continue;
        if (errnoCode(error) === 'EAGAIN') return undefined;
        throw error;
      }
    }
  }

  close(): void {
    if (this.handle !== undefined) closeSync(this.handle);
    this.handle = undefined;
  }
}
