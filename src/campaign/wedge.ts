import { readFileSync, readdirSync } from 'node:fs';

/** Lines of a kernel stack that are kept of each thread, and threads that are kept. */
const MAX_STACK = 24;
const MAX_THREADS = 8;

/** A thread that waits in the kernel and takes no signal. */
export interface StuckThread {
  readonly tid: number;
  /** Function of the kernel that it waits in; empty when /proc does not tell. */
  readonly wchan: string;
  /** Innermost function first; empty when /proc does not tell, which it does to root only. */
  readonly stack: readonly string[];
}

/** A process that SIGKILL does not end. */
export interface Wedge {
  readonly pid: number;
  readonly threads: readonly StuckThread[];
}

/** What /proc tells of the threads of a process that wait uninterruptibly (state D). None: it is gone, or about to go. */
export function wedgeOf(pid: number, proc = '/proc'): Wedge {
  const tasks = `${proc}/${pid}/task`;
  const stuck = listed(tasks).filter((tid) => stateOf(text(`${tasks}/${tid}/stat`)) === 'D');
  const threads = stuck.slice(0, MAX_THREADS).map((tid) => ({
    tid: Number(tid),
    wchan: nameOf(text(`${tasks}/${tid}/wchan`)),
    stack: framesOf(text(`${tasks}/${tid}/stack`)),
  }));
  return { pid, threads };
}

/** Where a wedged process is, in lines for people. */
export function wedgeLines({ pid, threads }: Wedge): string[] {
  const [first] = threads;
  if (first === undefined) return [`process ${pid} is still there, and none of its threads waits in the kernel`];
  return threads.flatMap(({ tid, wchan, stack }) => [
    `thread ${tid} of process ${pid} waits in ${wchan === '' ? 'a function that /proc does not name' : wchan}`,
    ...stack.map((frame) => `  ${frame}`),
  ]);
}

function listed(directory: string): readonly string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

function text(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/** The letter behind the name, which may hold blanks and parentheses itself. */
function stateOf(stat: string): string | undefined {
  return /^ ([A-Za-z])/.exec(stat.slice(stat.lastIndexOf(')') + 1))?.[1];
}

function nameOf(wchan: string): string {
  const name = wchan.trim();
  return name === '0' ? '' : name;
}

/** `[<0>] futex_wait+0x1/0x2` to the function. */
function framesOf(stack: string): string[] {
  const frames = [...stack.matchAll(/^\[<[0-9a-f]+>\] (\S+?)(?:\+0x\S*)?(?: .*)?$/gm)];
  return frames.map(([, name]) => name ?? '').slice(0, MAX_STACK);
}
