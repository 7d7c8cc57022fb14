import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { readRun } from '../../src/campaign/run/read.js';
import { faultline, PROGRAM } from '../support/faultline.js';
import { needsKvm } from '../support/kvm.js';
import { temporaryDirectory } from '../support/temporary.js';

const PART = ['sweep', '--from', '3000', '--to', '9000', '--workers', '2', '--run-dir', 'run'];
const SLOW_MS = 300_000;

describe('faultline sweep', () => {
  const directory = temporaryDirectory();

  test.each([
    ['a part that is none', ['--shard', '5/4'], 'Give a part and how many there are'],
    ['a directory of no run', ['--resume', 'nowhere'], 'is not the directory of a campaign'],
    ['a number of steps that is not offered', ['--steps', '3'], 'Allowed choices are 1, 2'],
  ])('refuses %s', async (_name, args, sentence) => {
    const { code, stderr } = await faultline(['sweep', ...args], { cwd: directory.path });
    expect(stderr).toContain(sentence);
    expect(code).toBe(2);
  });

  test('says how many scenarios there are', async ({ skip }) => {
    needsKvm(skip);
    const { code, stdout } = await faultline(['sweep', '--count', '--json'], { cwd: directory.path });
    expect(JSON.parse(stdout)).toMatchObject({ family: 'stage2', steps: 1 });
    expect((JSON.parse(stdout) as { size: number }).size).toBeGreaterThan(10_000);
    expect(code).toBe(0);
  });

  test(
    'goes on after a kill, and executes every number',
    async ({ skip }) => {
      needsKvm(skip);
      const cwd = directory.path;
      const child = spawn(process.execPath, [PROGRAM, ...PART], { cwd, stdio: 'ignore' });
      const gone = new Promise((resolve) => child.once('exit', resolve));
      const journal = join(cwd, 'run', 'journal');
      while (child.exitCode === null && !(existsSync(journal) && readFileSync(journal, 'utf8').includes('"begun"')))
        await setTimeout(50);
      child.kill('SIGKILL');
      await gone;
      const { code, stderr } = await faultline(['sweep', '--resume', 'run'], { cwd });
      expect(stderr).toContain('sweep: 6,000 of 6,000 scenarios, 0.0 % left');
      expect(code).toBe(0);
      const [leg] = readRun(join(cwd, 'run')).legs;
      expect(leg?.done).toEqual([{ from: 3000, to: 9000 }]);
      expect(leg?.scenarios).toBe(6000);
    },
    SLOW_MS,
  );
});
