import koffi from 'koffi';

/** `flock(2)`: LOCK_EX | LOCK_NB. */
const EXCLUSIVE_NOW = 2 | 4;

/**
 * Locks an open file for this process. The lock ends with the file's descriptor, and so with the process, however it ends.
 *
 * @returns false: another process has it locked. Where a file system knows no locks, true.
 */
export function lockFile(descriptor: number): boolean {
  // The process itself exports the C library's symbols.
  const flock = koffi.load(null).func('flock', 'int', ['int', 'int']) as (...args: number[]) => number;
  return flock(descriptor, EXCLUSIVE_NOW) === 0 || koffi.errno() !== koffi.os.errno['EWOULDBLOCK'];
}
