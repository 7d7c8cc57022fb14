import { spawn } from 'node:child_process';
import { expect, test } from 'vitest';
import { wedgeLines, wedgeOf } from '../../src/campaign/wedge.js';
import { temporaryDirectory } from '../support/temporary.js';

const directory = temporaryDirectory();

function thread(tid: number, state: string, wchan: string, stack = ''): void {
  const task = `77/task/${tid}`;
  directory.write(`${task}/stat`, `${tid} (a (b) D x) ${state} 1 77 77 0`);
  directory.write(`${task}/wchan`, wchan);
  directory.write(`${task}/stack`, stack);
}

test('a wedged process is told by its threads that wait uninterruptibly', () => {
  thread(77, 'S', 'do_epoll_wait');
  thread(78, 'D', 'made_up_wait', '[<0>] made_up_wait+0x10/0x20\n[<0>] made_up_ioctl+0x1/0x2 [kvm]\n');
  thread(79, 'D', '0');
  const wedge = wedgeOf(77, directory.path);
  expect(wedge).toEqual({
    pid: 77,
    threads: [
      { tid: 78, wchan: 'made_up_wait', stack: ['made_up_wait', 'made_up_ioctl'] },
      { tid: 79, wchan: '', stack: [] },
    ],
  });
  expect(wedgeLines(wedge)).toEqual([
    'thread 78 of process 77 waits in made_up_wait',
    '  made_up_wait',
    '  made_up_ioctl',
    'thread 79 of process 77 waits in a function that /proc does not name',
  ]);
});

test('a process that sleeps, or is gone, is not wedged', async () => {
  const child = spawn('sleep', ['60']);
  const pid = child.pid ?? 0;
  expect(wedgeOf(pid)).toEqual({ pid, threads: [] });
  child.kill('SIGKILL');
  await new Promise((resolve) => child.once('exit', resolve));
  expect(wedgeOf(pid)).toEqual({ pid, threads: [] });
  expect(wedgeLines(wedgeOf(pid))).toEqual([
    `process ${pid} is still there, and none of its threads waits in the kernel`,
  ]);
});
