import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { faultline } from '../support/faultline.js';

test('docs/rules.md is what `faultline rules` prints (node scripts/rules.mjs writes it)', async () => {
  const { code, stdout } = await faultline(['rules'], { cwd: process.cwd() });
  expect(code).toBe(0);
  expect(readFileSync(new URL('../../docs/rules.md', import.meta.url), 'utf8')).toBe(stdout);
});
