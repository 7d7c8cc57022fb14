import { createHash } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import process from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import { errorMessage } from '../../util/errno.js';
import { shellWord } from '../../util/text.js';
import { KIND } from '../remote/protocol.js';
import { AgentStream, StreamError } from '../remote/stream.js';
import { placeFiles, planBoot, type BootOptions, type BootPlan } from './bootPlan.js';
import { cacheDirectory, installDirectory } from './cache.js';
import { pollPipe } from './pipes.js';
import { qemuArguments, type QemuFiles } from './qemuArguments.js';
import type { QemuTarget } from './qemuTarget.js';
import { Qmp, QmpError } from './qmp.js';
import { MONITOR_ARGUMENTS, startMonitored, waitForAgent, type Vm } from './vm.js';

/** Counted up when what is in a snapshot changes. */
const FORMAT = 1;
/** Each takes as much of the disk as its guest has touched of its memory, some 250 MB. */
const KEPT_SNAPSHOTS = 8;
const POLL_MS = 3;
/** An agent that has greeted waits; what it said is there at once. */
const QUIET_MS = 50;
const MIGRATION_MS = 60_000;
/** Takes milliseconds, where it works. */
const CLOCKS_MS = 10_000;
/** How often a guest is kept anew when a clock of what was kept stands still. */
const ATTEMPTS = 4;
const RAM = 'ram';
const STATE = 'state';
const GREETING = 'greeting';

/**
 * Boots a target once and keeps the guest as it is when its agent waits for the first request, unless that is there: from
 * then on {@link restore} starts it in a fraction of the time. Nothing is lost when it cannot be kept.
 *
 * @throws {TargetError} when something is missing.
 * @throws {BootError} when the target does not boot.
 */
export async function saveSnapshot(target: QemuTarget, options: BootOptions, timeoutMs?: number): Promise<void> {
  const plan = await planBoot(target, options);
  const path = snapshotPath(plan, options.snapshots);
  if (path === undefined || existsSync(path)) return;
  options.onProgress?.(`booting qemu:${target.name} once, to start it from memory afterwards`);
  try {
    for (let attempt = 1; ; attempt++) {
      await installDirectory(path, (temporary) => fill(plan, temporary, timeoutMs));
      const problem = await problemOf(plan, path);
      if (problem === undefined) break;
      remove(path);
      if (attempt === ATTEMPTS) throw new QmpError(problem);
    }
    removeOldest(dirname(path));
  } catch (error) {
    if (!(error instanceof QmpError)) throw error;
    options.onProgress?.(`qemu:${target.name} cannot be kept in memory: ${error.message}`);
  }
}

async function fill(plan: BootPlan, directory: string, timeoutMs: number | undefined): Promise<void> {
  const { files, log, temporary } = placeFiles(plan, undefined);
  const args = [...snapshotArguments(plan, files, join(directory, RAM), 'on'), ...MONITOR_ARGUMENTS];
  const start = {
    target: plan.target,
    program: plan.program,
    args,
    consolePath: files.console,
    logPath: log,
    temporary,
  };
  const { vm, monitor, greet } = await startMonitored(start);
  greet(new Uint8Array());
  try {
    await waitForAgent(vm, timeoutMs);
    writeFileSync(join(directory, GREETING), await allThatWasSaid(vm));
    const qmp = new Qmp(monitor);
    await qmp.open();
    await qmp.command('migrate-set-capabilities', IGNORE_SHARED);
    await qmp.command('migrate', { uri: `exec:cat > ${shellWord(join(directory, STATE))}` });
    await until(async () => {
      const status = await qmp.status('query-migrate');
      if (status === 'failed') throw new QmpError('QEMU could not write it: is the disk full?');
      return status === 'completed';
    });
  } finally {
    vm.kill();
    await vm.exited;
  }
  // A snapshot that is there must be whole, also after a power failure.
  for (const name of [RAM, STATE, GREETING]) syncFile(join(directory, name));
}

/**
 * Starts a guest from its snapshot. Its agent has greeted, and the greeting is there to be read.
 *
 * @returns undefined when there is no snapshot, or none that this QEMU takes.
 */
export async function restore(plan: BootPlan, options: BootOptions): Promise<Vm | undefined> {
  const path = snapshotPath(plan, options.snapshots);
  if (path === undefined || !existsSync(path)) return undefined;
  try {
    const vm = await startFrom(path, plan, options.directory);
    const now = new Date();
    utimesSync(path, now, now);
    return vm;
  } catch (error) {
    options.onProgress?.(
      `booting qemu:${plan.target.name} anew, since its snapshot does not start: ${errorMessage(error)}`,
    );
    remove(path);
    return undefined;
  }
}

/** Why a guest does not start from the snapshot that was just made of it. */
async function problemOf(plan: BootPlan, path: string): Promise<string | undefined> {
  try {
    (await startFrom(path, plan, undefined)).kill();
    return undefined;
  } catch (error) {
    return errorMessage(error);
  }
}

/** @throws when the guest does not start; it is killed then. */
async function startFrom(path: string, plan: BootPlan, directory: string | undefined): Promise<Vm> {
  const { files, log, temporary } = placeFiles(plan, directory);
  const args = [...snapshotArguments(plan, files, join(path, RAM), 'off'), ...MONITOR_ARGUMENTS, '-incoming', 'defer'];
  const start = {
    target: plan.target,
    program: plan.program,
    args,
    consolePath: files.console,
    logPath: log,
    temporary,
  };
  const { vm, monitor, greet } = await startMonitored(start);
  const qmp = new Qmp(monitor);
  try {
    await qmp.open();
    await qmp.command('migrate-set-capabilities', IGNORE_SHARED);
    await qmp.command('migrate-incoming', { uri: `exec:cat < ${shellWord(join(path, STATE))}` });
    await until(async () => (await qmp.status('query-status')) === 'running');
    tryClocks(vm);
    greet(readFileSync(join(path, GREETING)));
    qmp.close();
    return vm;
  } catch (error) {
    vm.kill();
    throw error;
  }
}

/**
 * QEMU keeps only some of an arm64 processor's timers: one of EL2 that was to fire is forgotten, and a CPU that waits for it sleeps
 * on. Where it was not due yet, sleeping on each CPU sets it again.
 */
function tryClocks(vm: Vm): void {
  const agent = new AgentStream(vm);
  const until = performance.now() + CLOCKS_MS;
  try {
    agent.send(KIND.clocks, 0, new Uint8Array(), until);
    agent.take(agent.header(until), until);
  } catch (error) {
    if (error instanceof StreamError) throw new QmpError('a clock of the restored guest stands still');
    throw error;
  }
}

/** Memory is not written into the state: it is a file, which a new guest maps as its own copy. */
const IGNORE_SHARED = { capabilities: [{ capability: 'x-ignore-shared', state: true }] };

function snapshotArguments(plan: BootPlan, files: QemuFiles, ram: string, share: 'on' | 'off'): string[] {
  return qemuArguments(plan.target, plan.cpu, files, { path: ram, share });
}

/** The directory of a plan's snapshot: a guest of the same QEMU, arguments, kernel and agent is the same guest. */
function snapshotPath(plan: BootPlan, snapshots: string | false | undefined): string | undefined {
  if (snapshots === false) return undefined;
  const names = { image: 'image', initramfs: 'initramfs', console: 'console' };
  const parts = [
    FORMAT,
    fileIdentity(plan.program),
    fileIdentity(plan.image),
    createHash('sha256').update(plan.initramfs).digest('hex'),
    snapshotArguments(plan, names, RAM, 'on'),
  ];
  const key = createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 20);
  return join(snapshots ?? cacheDirectory('snapshots'), `${plan.target.arch}-${key}`);
}

function fileIdentity(path: string): readonly (string | number)[] {
  const { size, mtimeMs, ino } = statSync(path);
  return [path, size, mtimeMs, ino];
}

async function allThatWasSaid({ readFd }: Vm): Promise<Buffer> {
  const parts: Buffer[] = [];
  const buffer = Buffer.alloc(4096);
  while (pollPipe(readFd) === 'data') {
    parts.push(Buffer.from(buffer.subarray(0, readSync(readFd, buffer))));
    await delay(QUIET_MS);
  }
  return Buffer.concat(parts);
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + MIGRATION_MS;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new QmpError(`it took more than ${MIGRATION_MS / 1000} s`);
    await delay(POLL_MS);
  }
}

function removeOldest(directory: string): void {
  const paths = readdirSync(directory)
    .filter((name) => !name.startsWith('.'))
    .map((name) => join(directory, name))
    .map((path) => ({ path, usedMs: statSync(path).mtimeMs }))
    .sort((a, b) => b.usedMs - a.usedMs);
  for (const { path } of paths.slice(KEPT_SNAPSHOTS)) remove(path);
}

/** Takes a snapshot away as a whole: a guest that starts from it right now must not find a part. */
function remove(path: string): void {
  const gone = join(dirname(path), `.old-${process.pid}-${basename(path)}`);
  try {
    renameSync(path, gone);
  } catch {
    // Another process has taken it away.
  }
  rmSync(gone, { recursive: true, force: true });
}

function syncFile(path: string): void {
  const file = openSync(path, 'r');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
