import { type ChildProcess, spawn } from 'node:child_process';
import { connect } from 'node:net';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { cachedReleases } from '../../src/driver/targets/debian.js';
import { qemuProgram } from '../../src/driver/targets/qemuArguments.js';
import { findProgram } from '../../src/driver/targets/programs.js';
import { CORPUS } from '../corpus-cases/corpus.js';
import { faultline, PROGRAM } from '../support/faultline.js';
import { parseKtap } from '../support/ktap.js';
import { temporaryDirectory } from '../support/temporary.js';

const TIMEOUT_MS = 300_000;
const directory = temporaryDirectory();
const CASE = join(CORPUS, 'stage2/page-fault-test/access-read64-af-cpl3.json');

/** Why nothing can be booted here; kernels are not downloaded for tests. */
function whyNot(): string | undefined {
  try {
    findProgram(qemuProgram('amd64'));
  } catch (error) {
    return String(error);
  }
  const found = cachedReleases('amd64').some((release) => release.startsWith('6.12.'));
  return found
    ? undefined
    : 'no kernel 6.12 for amd64 is in the cache: faultline kernel fetch amd64 6.12 puts it there';
}

function needsGuest(skip: (reason: string) => void): void {
  const reason = whyNot();
  if (reason !== undefined) skip(reason);
}

interface Report {
  readonly cases: readonly { status: string; detail: string; verdicts: readonly { kind: string; detail?: string }[] }[];
}

/** Processes whose command line names this directory. */
function guests(path: string): string[] {
  return readdirSync('/proc').filter((pid) => {
    if (!/^\d+$/.test(pid)) return false;
    try {
      const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
      return words[0]?.includes('qemu-system') === true && words.some((word) => word.includes(path));
    } catch {
      return false;
    }
  });
}

async function until(condition: () => boolean): Promise<void> {
  for (const end = Date.now() + 60_000; !condition() && Date.now() < end;) await delay(50);
  expect(condition()).toBe(true);
}

/** Sends a command to the monitor of a guest. */
function monitor(path: string, command: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(path, () => {
      socket.end(`${command}\n`, () => {
        resolve();
      });
    });
    socket.on('error', reject);
    socket.resume();
  });
}

describe('a kernel booted in QEMU', { timeout: TIMEOUT_MS }, () => {
  test('replays the corpus on its kvm_amd', async ({ skip }) => {
    needsGuest(skip);
    const args = ['replay', CORPUS, '--corpus', CORPUS, '--target', 'qemu:amd64', '--json'];
    const { stdout } = await faultline(args, { cwd: directory.path });
    const { cases } = JSON.parse(stdout) as Report;
    const count = (status: string): number => cases.filter((result) => result.status === status).length;
    expect(count('harness')).toBe(0);
    expect(count('ok')).toBeGreaterThan(180);
  });

  test('that panics is a crash with what its console says, and is booted again', async ({ skip }) => {
    needsGuest(skip);
    const options = ['-monitor', 'unix:monitor,server=on,wait=off'];
    const target = { arch: 'amd64', kernel: '6.12', append: 'unknown_nmi_panic=1', qemuArguments: options };
    directory.write('target.json', JSON.stringify(target));
    const where = ['--target', 'qemu:target.json'];
    // From here on it starts in no time.
    expect((await faultline(['doctor', ...where], { cwd: directory.path })).code).toBe(0);
    const socket = join(directory.path, 'monitor');
    // The one of the guest before may still be there.
    rmSync(socket, { force: true });
    const replay = faultline(['replay', CASE, '--times', '10000', '--json', ...where], { cwd: directory.path });
    await until(() => existsSync(socket));
    await delay(2500);
    await monitor(socket, 'nmi');
    const { cases } = JSON.parse((await replay).stdout) as Report;
    const crash = cases[0]?.verdicts.find(({ kind }) => kind === 'crash');
    expect(cases[0]?.detail).toBe('1 of 10000 times: crash: the target died');
    expect(crash?.detail).toMatch(/^the target died\nqemu:target: .*\n.*Kernel panic - not syncing: NMI/m);
  });

  test('that does not boot is no skip: nothing is missing here', async ({ skip }) => {
    needsGuest(skip);
    const target = { arch: 'amd64', kernel: '6.12', append: 'rdinit=/nowhere' };
    directory.write('target.json', JSON.stringify(target));
    const args = ['replay', CASE, '--target', 'qemu:target.json', '--reporter', 'ktap'];
    const { code, stdout, stderr } = await faultline(args, { cwd: directory.path });
    const sentence =
      /qemu:target did not boot: the guest switched itself off; the kernel found no \/init: .*Kernel panic/;
    const [reported] = parseKtap(stdout).tests;
    expect(reported).toMatchObject({ passed: false, directive: 'ERROR' });
    expect(reported?.text).toMatch(sentence);
    expect(stderr).toMatch(new RegExp(`^HARNESS: ${sentence.source}`, 'm'));
    expect(code).toBe(3);
  });

  test('ends with the worker, also when that is killed', async ({ skip }) => {
    needsGuest(skip);
    const fuzz = ['fuzz', '--target', 'qemu:amd64', '--time', '60s', '--workers', '1', '--run-dir', directory.path];
    const child: ChildProcess = spawn(process.execPath, [PROGRAM, ...fuzz], { cwd: directory.path, stdio: 'ignore' });
    await until(() => guests(directory.path).length > 0);
    child.kill('SIGKILL');
    await until(() => guests(directory.path).length === 0);
  });
});
