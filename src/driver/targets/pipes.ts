import koffi from 'koffi';
import { TargetError } from './error.js';

/** `O_CLOEXEC`: a child gets an end only when it is handed over. */
const O_CLOEXEC = 0o2000000;
const POLLIN = 1;
const POLLHUP = 0x10;
const POLLFD_BYTES = 8;

/** The two ends of a pipe, as file descriptors that block. */
export interface Pipe {
  readonly readFd: number;
  readonly writeFd: number;
}

type Pipe2 = (ends: Int32Array, flags: number) => number;
type Poll = (fds: Uint8Array, count: number, timeoutMs: number) => number;

let libc: { readonly pipe2: Pipe2; readonly poll: Poll } | undefined;

function bound(): { readonly pipe2: Pipe2; readonly poll: Poll } {
  if (libc === undefined) {
    // The process itself exports the C library's symbols. Node has no call for either.
    const library = koffi.load(null);
    libc = {
      pipe2: library.func('pipe2', 'int', ['void *', 'int']) as Pipe2,
      poll: library.func('poll', 'int', ['void *', 'ulong', 'int']) as Poll,
    };
  }
  return libc;
}

/** Opens a pipe; the caller closes both ends. */
export function openPipe(): Pipe {
  const ends = new Int32Array(2);
  if (bound().pipe2(ends, O_CLOEXEC) !== 0) throw new TargetError('too many files are open: raise ulimit -n');
  const [readFd = -1, writeFd = -1] = ends;
  return { readFd, writeFd };
}

/** Whether a read would return now: with data, or with the end when the other side is gone. Does not wait. */
export function pollPipe(readFd: number): 'empty' | 'data' | 'ended' {
  const record = Buffer.alloc(POLLFD_BYTES);
  record.writeInt32LE(readFd, 0);
  record.writeInt16LE(POLLIN, 4);
  if (bound().poll(record, 1, 0) <= 0) return 'empty';
  const events = record.readInt16LE(6);
  if ((events & POLLIN) !== 0) return 'data';
  return (events & POLLHUP) !== 0 ? 'ended' : 'empty';
}
