import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, readSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test, vi } from 'vitest';
import { decodeFacts } from '../../../src/driver/facts.js';
import { agentPath } from '../../../src/driver/remote/agentFile.js';
import { connectAgent } from '../../../src/driver/remote/remoteDriver.js';
import type { Arch } from '../../../src/driver/targets/arch.js';
import { findProgram } from '../../../src/driver/targets/programs.js';
import { bootVm, waitForAgent, type Vm } from '../../../src/driver/targets/qemu.js';
import { qemuProgram } from '../../../src/driver/targets/qemuArguments.js';
import type { QemuTarget } from '../../../src/driver/targets/qemuTarget.js';
import { temporaryDirectory } from '../../support/temporary.js';
import { bootable, machine, need, needKernel, SLOW_MS, type Skip } from './bootable.js';

const directory = temporaryDirectory();
const running: Vm[] = [];

afterEach(() => {
  for (const vm of running.splice(0)) vm.kill();
});

async function boot(target: QemuTarget, agent: string): Promise<Vm> {
  const vm = await bootVm(target, { agent, directory: directory.path, snapshots: false });
  running.push(vm);
  return vm;
}

/** A static executable for this machine that does nothing else. */
function program(skip: Skip, body: string): string {
  const source = directory.write('program.c', `void _start(void){${body}}`);
  const path = join(directory.path, 'program');
  const { status, stderr } = spawnSync('cc', ['-static', '-nostdlib', '-ffreestanding', '-o', path, source]);
  if (status !== 0) skip(`no static executable can be built here: ${stderr.toString()}`);
  return path;
}

const HOST: Arch = process.arch === 'arm64' ? 'arm64' : 'amd64';
/** Machine code of _exit(3). */
const EXIT: Readonly<Record<Arch, string>> = {
  amd64: '__asm__("mov $60,%eax; mov $3,%edi; syscall");',
  arm64: '__asm__("mov x8,#93; mov x0,#3; svc #0");',
};

test.for(['arm64', 'amd64', 'amd64-nonpt'])(
  'the agent in qemu:%s greets',
  { timeout: SLOW_MS },
  async (name, { skip }) => {
    const target = await bootable(name, skip);
    const vm = await boot(target, agentPath(target.arch));
    await waitForAgent(vm);
    const agent = connectAgent(vm, { name, marginMs: 10_000 });
    expect(decodeFacts(agent.facts()).kvmErrno).toBe(0);
    agent.close();
    expect(await vm.exited).toMatchObject({ code: 0, signal: null, stderr: '' });
  },
);

test('an agent that ends takes the guest with it, which is told at once', { timeout: SLOW_MS }, async ({ skip }) => {
  await needKernel(HOST, skip);
  const vm = await boot(machine(HOST), program(skip, EXIT[HOST]));
  await expect(waitForAgent(vm)).rejects.toThrow(
    /^qemu:\w+ did not boot: .*; the agent ended, and the guest with it \("Kernel panic - not syncing: Attempted to kill init! exitcode=0x00000300"\)$/,
  );
  expect(() => readSync(vm.readFd, Buffer.alloc(1))).toThrow('EBADF');
});

test('a guest that says nothing in time is killed', { timeout: SLOW_MS }, async ({ skip }) => {
  await needKernel(HOST, skip);
  const vm = await boot(machine(HOST), program(skip, 'for(;;);'));
  await expect(waitForAgent(vm, 50)).rejects.toThrow(/did not boot: no answer in 0\.05 s; the kernel printed nothing/);
  expect(await vm.exited).toMatchObject({ signal: 'SIGKILL' });
});

test('a read ends with QEMU', { timeout: SLOW_MS }, async ({ skip }) => {
  await needKernel(HOST, skip);
  const vm = await boot(machine(HOST), program(skip, 'for(;;);'));
  process.kill(vm.pid, 'SIGKILL');
  expect(readSync(vm.readFd, Buffer.alloc(1))).toBe(0);
});

test('what QEMU refuses is told in its words', { timeout: SLOW_MS }, async ({ skip }) => {
  await needKernel(HOST, skip);
  const vm = await boot({ ...machine(HOST), qemuArguments: ['-nonsense'] }, program(skip, ''));
  await expect(waitForAgent(vm)).rejects.toThrow(/did not boot: QEMU ended with status 1; .*-nonsense: invalid option/);
});

test('QEMU ends when its parent is killed', { timeout: SLOW_MS }, async ({ skip }) => {
  await needKernel(HOST, skip);
  await need(skip, () => findProgram('setpriv'));
  const script = fileURLToPath(new URL('bootProcess.mjs', import.meta.url));
  const args = [script, `qemu:${HOST}`, program(skip, 'for(;;);'), directory.path];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'exit').then(([code]) => Promise.reject(new Error(`it ended with ${String(code)}`)));
  const [printed] = (await Promise.race([once(child.stdout, 'data'), ended])) as [Buffer];
  const pid = printed.toString().trim();
  expect(statFields(pid)).not.toEqual([]);
  // Ctrl-C goes to the group of the campaign, which ends its guests itself.
  const [, , group] = statFields(pid);
  expect(group).toBe(pid);
  child.kill('SIGKILL');
  await expect(ended).rejects.toThrow('it ended with null');
  await vi.waitFor(
    () => {
      expect(isRunning(pid)).toBe(false);
    },
    { timeout: 5000 },
  );
});

/** State, parent, group and so on of a process, as in /proc/<pid>/stat. */
function statFields(pid: string): string[] {
  if (!existsSync(`/proc/${pid}/stat`)) return [];
  return readFileSync(`/proc/${pid}/stat`, 'latin1')
    .replace(/^.*\) /s, '')
    .split(' ');
}

/** A process that has ended may wait to be reaped. */
function isRunning(pid: string): boolean {
  return !['Z', undefined].includes(statFields(pid)[0]);
}

test('files for another machine are refused before anything is started', async ({ skip }) => {
  await need(skip, () => findProgram(qemuProgram('arm64')));
  await need(skip, () => findProgram(qemuProgram('amd64')));
  const bzImage = Buffer.alloc(0x400);
  bzImage.write('HdrS', 0x202);
  const image = directory.write('bzImage', bzImage);
  const agent = program(skip, '');
  const other: Arch = HOST === 'arm64' ? 'amd64' : 'arm64';
  const custom = (arch: Arch, path: string): QemuTarget => ({ ...machine(arch), kernel: { kind: 'image', path } });
  await expect(boot(custom('arm64', image), agent)).rejects.toThrow(
    `the kernel ${image} is for amd64: the target needs one for arm64`,
  );
  await expect(boot(custom(other, agentSource()), agent)).rejects.toThrow(
    `the agent ${agent} is for ${HOST}: the target needs one for ${other}`,
  );
  await expect(boot(custom('amd64', '/nonexistent'), agent)).rejects.toThrow(
    '/nonexistent cannot be read: no such file or directory',
  );
});

/** A file that is for no machine in particular. */
function agentSource(): string {
  return join(directory.path, 'program.c');
}

test('a missing QEMU is one sentence with the package', async () => {
  const path = process.env['PATH'];
  process.env['PATH'] = directory.path;
  try {
    await expect(boot(machine('arm64'), 'agent')).rejects.toThrow(
      'qemu-system-aarch64 is missing: run apt-get install qemu-system-arm',
    );
  } finally {
    process.env['PATH'] = path;
  }
});
