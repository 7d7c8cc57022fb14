import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { type Ended, runToEnd } from '../support/faultline.js';
import { temporaryDirectory } from '../support/temporary.js';
import { needsUserfaultfd } from '../support/userfaultfd.js';

const BENCH = fileURLToPath(new URL('../../bench/uffd/run.mjs', import.meta.url));
const SELFTESTS = 'tools/testing/selftests/mm';
const directory = temporaryDirectory();

/** The bench on a tree whose program only prints its totals. */
function bench(totals: string, ...options: string[]): Promise<Ended> {
  const script = `'#!/bin/sh\\necho "${totals}"\\n'`;
  directory.write('Makefile', 'headers:\n');
  directory.write(`${SELFTESTS}/uffd-unit-tests.c`, '');
  directory.write(`${SELFTESTS}/Makefile`, `$(OUTPUT)/uffd-unit-tests:\n\tprintf ${script} > $@; chmod +x $@\n`);
  return runToEnd([process.execPath, BENCH, directory.path, ...options], { cwd: directory.path });
}

test.for([
  ['TAP', '# Totals: pass:57 fail:1 xfail:0 xpass:0 skip:5 error:0'],
  ['what older kernels print', 'Userfaults unit tests: pass=57, skip=5, fail=1 (total=63)'],
] as const)('both sides are measured, and a failed test of the kernel fails: %s', async ([, totals], { skip }) => {
  needsUserfaultfd(skip);
  const { code, stdout, stderr } = await bench(totals, '--rounds', '1', '--seconds', '0.2');
  expect(stderr).toBe('building uffd-unit-tests\nround 1 of 1\n');
  expect(stdout).toContain('\n  57 pass, 1 fail, 5 are skipped, in ');
  expect(stdout).toMatch(/\n {2}\d+ pass, 0 fail, \d+ are skipped\n/);
  expect(stdout).toMatch(/\n {2}(every scenario matches|\d+ scenarios DIVERGE)\n/);
  for (const unit of ['tests', 'cases', 'scenarios', 'checks'])
    expect(stdout).toMatch(new RegExp(`\\n {2}${unit} per second +[1-9]`));
  expect(stdout).toMatch(/\n {2}ratio cases \/ tests +\d/);
  expect(code).toBe(1);
});

test('a folder that is no kernel source is refused in one line', async () => {
  const { code, stderr } = await runToEnd([process.execPath, BENCH, directory.path], { cwd: directory.path });
  expect(code).toBe(2);
  expect(stderr).toMatch(/^usage: node bench\/uffd\/run\.mjs <kernel source.*\n$/);
});
