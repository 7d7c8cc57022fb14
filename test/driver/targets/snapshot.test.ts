import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { decodeFacts } from '../../../src/driver/facts.js';
import { agentPath } from '../../../src/driver/remote/agentFile.js';
import { connectAgent } from '../../../src/driver/remote/remoteDriver.js';
import { pollPipe } from '../../../src/driver/targets/pipes.js';
import { bootVm, waitForAgent, type Vm } from '../../../src/driver/targets/qemu.js';
import type { QemuTarget } from '../../../src/driver/targets/qemuTarget.js';
import { saveSnapshot } from '../../../src/driver/targets/snapshot.js';
import { temporaryDirectory } from '../../support/temporary.js';
import { bootable, SLOW_MS } from './bootable.js';

const directory = temporaryDirectory();
const running: Vm[] = [];

afterEach(() => {
  for (const vm of running.splice(0)) vm.kill();
});

/** Starts a guest as a campaign does. The agent is a copy, since the build may put another in its place. */
async function start(target: QemuTarget): Promise<{ readonly vm: Vm; readonly said: readonly string[] }> {
  const said: string[] = [];
  const vm = await bootVm(target, {
    agent: agentCopy(target),
    directory: join(directory.path, 'run'),
    snapshots: join(directory.path, 'snapshots'),
    onProgress: (line) => said.push(line),
  });
  running.push(vm);
  return { vm, said };
}

function agentCopy({ arch }: QemuTarget): string {
  const path = join(directory.path, 'agent');
  if (!existsSync(path)) copyFileSync(agentPath(arch), path);
  return path;
}

/** Asks a guest something and ends it. */
async function use(vm: Vm): Promise<void> {
  await waitForAgent(vm);
  const agent = connectAgent(vm, { name: vm.target.name, marginMs: 10_000 });
  expect(decodeFacts(agent.facts()).kvmErrno).toBe(0);
  agent.close();
  expect(await vm.exited).toMatchObject({ code: 0, signal: null });
}

test.for(['arm64', 'amd64'] as const)(
  'guests of %s start from one that was kept',
  { timeout: SLOW_MS },
  async (arch, { skip }) => {
    const target = await bootable(arch, skip);
    const said: string[] = [];
    const snapshots = join(directory.path, 'snapshots');
    // As many as are kept, the oldest first.
    for (let hour = 0; hour < 8; hour++) {
      const path = dirname(directory.write(`snapshots/of-hour-${hour}/ram`, ''));
      utimesSync(path, hour * 3600, hour * 3600);
    }
    const save = (): Promise<void> =>
      saveSnapshot(target, { agent: agentCopy(target), snapshots, onProgress: (line) => said.push(line) });
    await save();
    await save();
    expect(said).toEqual([`booting qemu:${arch} once, to start it from memory afterwards`]);
    const names = readdirSync(snapshots).sort();
    expect(names).toEqual([
      expect.stringMatching(`^${arch}-`),
      ...[1, 2, 3, 4, 5, 6, 7].map((hour) => `of-hour-${hour}`),
    ]);
    const [name = ''] = names;

    // What a guest does to its memory reaches neither the snapshot nor the next guest.
    const memory = join(snapshots, name, 'ram');
    const before = digest(memory);
    for (let i = 0; i < 3; i++) {
      const started = await start(target);
      expect(started.said).toEqual([]);
      expect(pollPipe(started.vm.readFd)).toBe('data');
      await use(started.vm);
    }
    expect(digest(memory)).toBe(before);

    const { vm: another } = await start({ ...target, memoryMiB: 768 });
    expect(pollPipe(another.readFd)).toBe('empty');

    writeFileSync(join(snapshots, name, 'state'), 'nothing that QEMU could read');
    const { vm: anew, said: why } = await start(target);
    expect(why).toEqual([expect.stringMatching(/^booting qemu:\w+ anew, since its snapshot does not start: /)]);
    expect(pollPipe(anew.readFd)).toBe('empty');
    expect(readdirSync(snapshots)).not.toContain(name);
  },
);

function digest(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}
