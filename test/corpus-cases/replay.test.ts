import { expect, test } from 'vitest';
import { faultline } from '../support/faultline.js';
import { needsKvm } from '../support/kvm.js';
import { CORPUS } from './corpus.js';

interface Result {
  readonly file: string;
  readonly status: string;
  readonly detail: string;
}

const FINE = new Set(['ok', 'known', 'gone', 'skip']);

test('replaying the corpus on this machine matches, or is known', { timeout: 120_000 }, async ({ skip }) => {
  needsKvm(skip);
  const { code, stdout, stderr } = await faultline(['replay', CORPUS, '--corpus', CORPUS, '--json'], {
    cwd: process.cwd(),
  });
  const { cases } = JSON.parse(stdout) as { cases: readonly Result[] };
  expect(cases.filter(({ status }) => !FINE.has(status))).toEqual([]);
  expect(stderr).toBe('');
  expect(code).toBe(0);
  expect(cases.filter(({ status }) => status === 'ok').length).toBeGreaterThan(0);
});
