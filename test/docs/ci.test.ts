import { copyFileSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { fetchKernel } from '../../src/driver/targets/debian.js';
import { bootable, SLOW_MS } from '../driver/targets/bootable.js';
import { type Ended, runToEnd } from '../support/faultline.js';
import { parseKtap } from '../support/ktap.js';
import { needsKvm } from '../support/kvm.js';
import { temporaryDirectory } from '../support/temporary.js';
import { parseXml } from '../support/xml.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const directory = temporaryDirectory();

function document(name: string): string {
  return readFileSync(join(ROOT, 'docs', name), 'utf8');
}

/** The command lines of a document that replay, without what YAML puts before them. */
function commands(name: string): string[] {
  return document(name).match(/npm run -s replay -- .*$/gm) ?? [];
}

const [ONE_LINE = '', HERE = ''] = commands('ci.md');

/** What a clone looks like to a command line, with a corpus of its own that is small enough for a test. */
function clone(cases: readonly string[]): void {
  for (const name of ['package.json', 'scripts', 'docs']) symlinkSync(join(ROOT, name), join(directory.path, name));
  for (const name of cases) {
    const file = join(directory.path, 'corpus', name);
    mkdirSync(join(file, '..'), { recursive: true });
    copyFileSync(join(ROOT, 'corpus', name), file);
  }
}

function shell(line: string, environment: Readonly<Record<string, string>> = {}): Promise<Ended> {
  return runToEnd(['sh', '-c', line], { cwd: directory.path, environment });
}

const X86 = 'stage2/page-fault-test/access-read64-af-cpl3.json';
const ARM = 'stage2/page-fault-test-arm64/access-cas-af-el0.json';

function expectReports({ stdout }: Ended, passed: string, skipped: string): void {
  const results = parseKtap(stdout).tests.map(({ name, passed: ok, directive }) => [name, ok, directive]);
  const name = (file: string): string => file.replace(/\.json$/, '').replaceAll('/', '.');
  expect(results).toEqual([
    [name(X86), true, passed === X86 ? undefined : 'SKIP'],
    [name(ARM), true, passed === ARM ? undefined : 'SKIP'],
  ]);
  expect(skipped).not.toBe(passed);
  const counts = { tests: '2', failures: '0', errors: '0', skipped: '1' };
  expect(parseXml(readFileSync(join(directory.path, 'faultline.xml'), 'utf8')).attributes).toMatchObject(counts);
}

describe('the recipes for continuous integration', { timeout: SLOW_MS }, () => {
  test('all have the one line of the page', () => {
    expect(ONE_LINE).toContain('--kernel "$KERNEL"');
    expect(commands('ci/github.yml')).toEqual([ONE_LINE]);
    expect(commands('ci/gitlab.yml')).toEqual([ONE_LINE]);
  });

  test('replay on this machine, as the page says', async ({ skip }) => {
    needsKvm(skip);
    clone([X86, ARM]);
    const ended = await shell(HERE);
    expect(ended).toMatchObject({ code: 0 });
    expectReports(ended, X86, ARM);
  });

  test('replay on a kernel in QEMU, as the page says', async ({ skip }) => {
    await bootable('arm64', skip);
    const { image, modules } = await fetchKernel('arm64', '6.12');
    clone([X86, ARM]);
    const ended = await shell(ONE_LINE, { TARGET: 'qemu:arm64', KERNEL: image, MODULES: modules });
    expect(ended).toMatchObject({ code: 0 });
    expectReports(ended, ARM, X86);
  });

  test('a kernel that cannot be used is no pass', async () => {
    clone([X86, ARM]);
    const environment = { TARGET: 'qemu:amd64', KERNEL: '/nowhere/bzImage', MODULES: directory.path };
    const { code, stdout } = await shell(ONE_LINE, environment);
    expect(parseKtap(stdout).tests.map(({ directive }) => directive)).toEqual(['SKIP', 'SKIP']);
    expect(code).toBe(4);
  });
});

describe('the recipe for kselftest', { timeout: SLOW_MS }, () => {
  const run = (...args: string[]) => runToEnd([join(ROOT, 'docs/ci/kselftest.sh'), ...args], { cwd: directory.path });

  test('ends with 0 for a pass and 1 for anything that is wrong', async ({ skip }) => {
    needsKvm(skip);
    const passed = await run(join(ROOT, 'corpus', X86));
    expect(parseKtap(passed.stdout).tests).toMatchObject([{ passed: true }]);
    expect(passed.code).toBe(0);
    expect((await run(join(directory.path, 'nowhere.json'))).code).toBe(1);
  });

  test('ends with 4 where nothing can run', async () => {
    const { code, stdout } = await run(
      join(ROOT, 'corpus', X86),
      '--target',
      'qemu:arm64',
      '--kernel',
      '/nowhere/Image',
    );
    expect({ code, stdout }).toMatchObject({ code: 4 });
  });
});
