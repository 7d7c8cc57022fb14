import koffi from 'koffi';

const POLLIN = 1;
const POLLOUT = 4;
const EINTR = 4;
const POLLFD_BYTES = 8;

type Poll = (fds: Uint8Array, count: number, timeoutMs: number) => number;

let poll: Poll | undefined;

/**
 * Waits until a read (or a write of at most PIPE_BUF bytes) would not block: there is data or room, or the other side is gone.
 *
 * @param until in milliseconds, as `performance.now` counts them.
 * @returns false when that did not happen in time.
 */
export function waitFor(fd: number, what: 'data' | 'room', until: number): boolean {
  // The process itself exports the C library's symbols; Node can only wait in its event loop, which does not run here.
  poll ??= koffi.load(null).func('poll', 'int', ['void *', 'ulong', 'int']) as Poll;
  const record = Buffer.alloc(POLLFD_BYTES);
  record.writeInt32LE(fd, 0);
  record.writeInt16LE(what === 'data' ? POLLIN : POLLOUT, 4);
  for (;;) {
    const leftMs = Math.max(0, Math.ceil(until - performance.now()));
    const ready = poll(record, 1, leftMs);
    if (ready > 0) return true;
    if (ready < 0 && koffi.errno() !== EINTR) throw new Error(`poll failed: error ${koffi.errno()}`);
    if (performance.now() >= until) return false;
  }
}
