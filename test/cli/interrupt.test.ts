import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { CORPUS } from '../corpus-cases/corpus.js';
import { PROGRAM } from '../support/faultline.js';
import { problemsOf } from '../support/jsonSchema.js';
import { needsKvm } from '../support/kvm.js';
import { parseKtap } from '../support/ktap.js';
import { temporaryDirectory } from '../support/temporary.js';

const directory = temporaryDirectory();
const CASES = ['access-read64-af-cpl3.json', 'access-read64-af-cpl0.json'].map((name) =>
  join(CORPUS, 'stage2/page-fault-test', name),
);

test('Ctrl-C ends replay with the report of what ran', { timeout: 120_000 }, async ({ skip }) => {
  needsKvm(skip);
  if (process.arch !== 'x64') skip('these cases are for x86_64');
  const args = ['replay', ...CASES, '--corpus', CORPUS, '--times', '100000'];
  const reporters = ['--reporter', 'ktap', '--reporter', 'json=report.json'];
  const child = spawn(process.execPath, [PROGRAM, ...args, ...reporters], { cwd: directory.path, stdio: 'pipe' });
  let stdout = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    // The first case has begun, or is about to.
    if (!stdout.includes('# stage2: ') && (stdout + text).includes('# stage2: ')) child.kill('SIGINT');
    stdout += text;
  });
  const [code] = (await once(child, 'close')) as [number | null];
  expect(code).toBe(130);
  const { tests } = parseKtap(stdout);
  expect(tests).toHaveLength(2);
  expect(tests.at(-1)).toMatchObject({ passed: false, directive: 'ERROR', text: 'interrupted' });
  const report = JSON.parse(readFileSync(join(directory.path, 'report.json'), 'utf8')) as object;
  expect(report).toMatchObject({ exitCode: 130, broken: 'faultline: interrupted' });
  expect(problemsOf('replay.schema.json', report)).toEqual([]);
});
