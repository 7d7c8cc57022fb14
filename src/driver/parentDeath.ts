import process from 'node:process';
import koffi from 'koffi';

/** `prctl(2)`, PR_SET_PDEATHSIG. */
const PR_SET_PDEATHSIG = 1;
const SIGKILL = 9;

/**
 * The kernel ends this process when its parent dies, also while it is busy in native code where no event loop runs.
 *
 * @param parent process id of the parent that started this process.
 */
export function dieWithParent(parent: number): void {
  // The process itself exports the C library's symbols.
  const prctl = koffi.load(null).func('prctl', 'int', ['int', 'ulong', 'ulong', 'ulong', 'ulong']) as (
    ...args: number[]
  ) => number;
  prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  // It may have died before the call above.
  if (process.ppid !== parent) process.exit(1);
}
