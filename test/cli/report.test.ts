import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { faultline } from '../support/faultline.js';
import { aFinding, aLeg, aSummary } from '../support/summary.js';
import { temporaryDirectory } from '../support/temporary.js';

const CORPUS = fileURLToPath(new URL('../../corpus', import.meta.url));
const CASE = join(CORPUS, 'stage2', 'readonly.poison-address-b5078599.json');

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

test('a bucket is named by its id', async () => {
  const list = await faultline(['triage', '--corpus', CORPUS, '--json'], { cwd: here.path });
  const { buckets } = JSON.parse(list.stdout) as { buckets: { id: string; cases: string[] }[] };
  const bucket = buckets.find(({ cases }) => cases.includes(CASE));
  const { code, stdout } = await faultline(['report', bucket?.id ?? '', '--corpus', CORPUS, '--output', '-'], {
    cwd: here.path,
  });
  expect(code).toBe(0);
  expect(stdout).toContain(`<h1>Faultline bucket ${bucket?.id ?? ''}</h1>`);
  const none = await faultline(['report', 'ffffffff', '--corpus', CORPUS], { cwd: here.path });
  expect(none.code).toBe(2);
  expect(none.stderr).toContain('there is no bucket ffffffff');
});

test('a run of which only the summary is left is a report all the same', async () => {
  here.write('summary.json', JSON.stringify(aSummary({ findings: [aFinding()] })));
  const { code, stdout } = await faultline(['report', here.path, '--output', '-'], { cwd: here.path });
  expect(code).toBe(0);
  expect(stdout).toContain('1 untriaged finding in 120,000 scenarios on 6.12.9-generic.');
  const spread = { ...aLeg(), ...aSummary({ findings: [aFinding()] }), legs: undefined, ended: undefined };
  here.write('summary.json', JSON.stringify({ ...spread, target: undefined }));
  const flat = await faultline(['report', here.path, '--output', '-'], { cwd: here.path });
  expect({ code: flat.code, stderr: flat.stderr }).toEqual({ code: 0, stderr: '' });
  expect(flat.stdout).toContain('1 untriaged finding in 120,000 scenarios on 6.12.9-generic.');
  here.write('summary.json', '{');
  const broken = await faultline(['report', here.path, '--output', '-'], { cwd: here.path });
  expect(broken.code).toBe(2);
  expect(broken.stderr).toContain('summary.json is no summary of a campaign: ');
});
