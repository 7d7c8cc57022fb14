import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import type { Cell, Matrix } from '../../src/triage/matrix.js';
import { bootable, SLOW_MS } from '../driver/targets/bootable.js';
import { type Ended, faultline } from '../support/faultline.js';
import { needsKvm } from '../support/kvm.js';
import { temporaryDirectory } from '../support/temporary.js';

const directory = temporaryDirectory();
const CORPUS = fileURLToPath(new URL('../../corpus', import.meta.url));
const ROWS = join(CORPUS, 'stage2/page-fault-test-arm64');
const LOCAL_CASE = join(CORPUS, 'stage2/page-fault-test/access-cas-af-cpl3.json');

function run(...args: string[]): Promise<Ended> {
  return faultline(args, { cwd: directory.path });
}

describe('matrix', { timeout: SLOW_MS }, () => {
  test('loses the column of a target that cannot be used, and only that', async ({ skip }) => {
    needsKvm(skip);
    directory.write('broken.json', JSON.stringify({ arch: 'amd64', kernel: '/etc/hostname' }));
    const targets = ['--targets', 'local,qemu:broken.json'];
    const { code, stdout } = await run('matrix', LOCAL_CASE, ...targets, '--corpus', CORPUS, '--format', 'json');
    const matrix = JSON.parse(stdout) as Matrix;
    expect(matrix.rows.map(({ cells }) => cells.map(({ status }) => status))).toEqual([['ok', 'unreached']]);
    expect(matrix.targets[1]?.problem).toMatch(/qemu:broken did not boot/);
    expect(code).toBe(3);
  });

  test('replays every case for arm64 on a real KVM of arm64', async ({ skip }) => {
    await bootable('arm64', skip);
    const json = ['--format', 'json', '--output', 'matrix.json'];
    const { code, stdout, stderr } = await run('matrix', ROWS, '--targets', 'qemu:arm64', '--corpus', CORPUS, ...json);
    expect({ code, stdout, stderr }).toMatchObject({ code: 0, stdout: '' });
    const { rows } = JSON.parse(readFileSync(join(directory.path, 'matrix.json'), 'utf8')) as Matrix;
    expect(rows.length).toBeGreaterThan(200);
    // Some versions of QEMU check no address of cache maintenance: what is checked then has nothing to say.
    const unchecked = (cell?: Cell): boolean =>
      cell?.status === 'skip' && cell.detail.includes('rule arm.cache-maintenance ');
    const fine = (cell?: Cell): boolean => ['ok', 'known'].includes(cell?.status ?? '') || unchecked(cell);
    const odd = rows.filter(({ cells }) => !fine(cells[0]));
    expect(odd.map(({ file, cells }) => `${file}: ${cells[0]?.detail ?? ''}`)).toEqual([]);
  });

  test.each([
    [[], /required option '--targets <list>' not specified/],
    [['--targets', 'local', '--format', 'pdf'], /Allowed choices are text, markdown, html, json/],
    [['nothing-here', '--targets', 'local'], /nothing-here/],
  ])('refuses %j', async (args, message) => {
    const { code, stderr } = await run('matrix', ...args);
    expect(stderr).toMatch(message);
    expect(code).toBe(2);
  });
});

describe('bisect', { timeout: SLOW_MS }, () => {
  test('finds the kernel on which a verdict changes', async ({ skip }) => {
    await bootable('arm64', skip);
    const finding = join(CORPUS, 'stage2/arm.register-extend-8d8d2fee.json');
    // The corpus of another directory has no known divergence that would explain the finding.
    const args = ['--target', 'qemu:arm64', '--kernels', '6.1,6.12,newest', '--corpus', directory.path, '--json'];
    const { code, stdout, stderr } = await run('bisect', finding, ...args);
    expect({ code, stderr }).toMatchObject({ code: 0 });
    const { change } = JSON.parse(stdout) as { change: { before: unknown; after: unknown } };
    expect(change.before).toMatchObject({ kernel: { kernel: '6.12' }, verdict: { status: 'fails' } });
    expect(change.after).toMatchObject({ kernel: { kernel: 'newest' }, verdict: { status: 'gone' } });
  });

  test('refuses a list of one', async () => {
    const { code, stderr } = await run('bisect', LOCAL_CASE, '--target', 'qemu:amd64', '--kernels', '6.1');
    expect(stderr).toContain('needs at least two kernels');
    expect(code).toBe(2);
  });
});

describe('kernel', { timeout: SLOW_MS }, () => {
  test('lists what can be fetched, and says what there is when it is something else', async ({ skip }) => {
    await bootable('arm64', skip);
    const { stdout } = await run('kernel', 'list', '--arch', 'arm64');
    expect(stdout).toMatch(/^6\.12\.\S+-cloud-arm64 +\S/m);
    expect(stdout).toContain('in the cache');
    const { code, stderr } = await run('kernel', 'fetch', '6.99', '--arch', 'arm64');
    expect(stderr).toMatch(/Debian has no kernel 6\.99 for arm64; it has newest/);
    expect(code).not.toBe(0);
  });
});
