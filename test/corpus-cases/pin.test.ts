import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { runToEnd } from '../support/faultline.js';

test('the corpus is what scripts/pin.mjs writes', async () => {
  const script = fileURLToPath(new URL('../../scripts/pin.mjs', import.meta.url));
  const { code, stdout, stderr } = await runToEnd([process.execPath, script, '--check'], { cwd: process.cwd() });
  expect([code, stdout, stderr]).toEqual([0, '', '']);
});
