import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { faultline } from '../support/faultline.js';
import { temporaryDirectory } from '../support/temporary.js';

const CORPUS = fileURLToPath(new URL('../../corpus', import.meta.url));
const CASE = join(CORPUS, 'stage2', 'uffd.unregister-wakes-70dddf1c.json');

const here = temporaryDirectory();

test('a case becomes one HTML file', async () => {
  const { code, stdout } = await faultline(['report', CASE], { cwd: here.path });
  expect(code).toBe(0);
  expect(stdout).toMatch(/^report\.html: [\d.]+ KiB\n$/);
  expect(readFileSync(join(here.path, 'report.html'), 'utf8')).toContain('<title>Faultline case: 1 finding');
});

test('a case that is refused is named, and the others are in the page', async () => {
  const bad = here.write('bad.json', '{');
  const { code, stdout, stderr } = await faultline(['report', CASE, bad, '--output', '-'], { cwd: here.path });
  expect(code).toBe(2);
  expect(stderr).toContain('bad.json: ');
  expect(stdout).toContain('<!doctype html>');
});

test.each([
  [['report', 'nowhere'], /nowhere: no such file/i],
  [['report', CASE, '--output', 'no/such/directory.html'], /cannot be written.*--output/],
])('%j: one message that says what to do', async (args, message) => {
  const { code, stdout, stderr } = await faultline(args, { cwd: here.path });
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toMatch(message);
});

test('a directory that is no run is told from one', async () => {
  here.write('run.json', '{}');
  const { code, stderr } = await faultline(['report', here.path], { cwd: here.path });
  expect(code).toBe(2);
  expect(stderr).toMatch(/run\.json: \$\.schema: is missing/);
});
