import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { runToEnd } from '../support/faultline.js';
import { needsKvm } from '../support/kvm.js';

const BENCH = fileURLToPath(new URL('../../bench/run.mjs', import.meta.url));

test('one command prints rates, both ratios, and where the time goes', { timeout: 300_000 }, async ({ skip }) => {
  needsKvm(skip);
  const options = ['--rounds', '1', '--seconds', '0.2', '--warm-up', '0.2', '--workers', '1', '--privilege', 'kernel'];
  const { code, stdout, stderr } = await runToEnd([process.execPath, BENCH, ...options], { cwd: process.cwd() });
  expect(stderr).toBe('');
  // Cold code is slow, so the ratios of so short a run may be too low.
  expect([0, 1]).toContain(code);
  for (const line of ['whole pipeline', 'bare C loop', 'one fresh VM each'])
    expect(stdout).toMatch(new RegExp(`  ${line} +\\d`));
  expect(stdout).toMatch(/pipeline \/ bare +\d+\.\d\d +wanted: at least 0\.7/);
  expect(stdout).toMatch(/pipeline \/ fresh +\d+\.\d\d +wanted: at least 10/);
  expect(stdout).toMatch(/generate +predict +encode +execute +decode +judge/);
});

test('a wrong option is refused in one line', async () => {
  const { code, stderr } = await runToEnd([process.execPath, BENCH, '--rounds', 'many'], { cwd: process.cwd() });
  expect([code, stderr]).toEqual([2, 'HARNESS: --rounds: expected a positive number, got many\n']);
});
