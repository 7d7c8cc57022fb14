import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, afterEach, expect, test } from 'vitest';
import { readRun } from '../../src/campaign/run/read.js';
import type { Finding } from '../../src/campaign/types.js';
import { type Faults, campaignProcess, makeRunDir, removeRunDirs, stepsOf } from './harness.js';

let child: ChildProcess | undefined;

afterEach(() => {
  child?.kill('SIGKILL');
});
afterAll(removeRunDirs);

function start(faults: Faults): { supervisor: ChildProcess; runDir: string; output: () => string } {
  const runDir = makeRunDir();
  const supervisor = spawn(process.execPath, [campaignProcess, runDir], {
    env: { ...process.env, FAKE_FAULTS: JSON.stringify(faults) },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  supervisor.stdout.setEncoding('utf8').on('data', (more: string) => (text += more));
  child = supervisor;
  return { supervisor, runDir, output: () => text };
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await setTimeout(20);
}

function childrenOf(pid: number | undefined): number[] {
  const tasks = readFileSync(`/proc/${pid ?? 0}/task/${pid ?? 0}/children`, 'utf8');
  return tasks.split(' ').filter(Boolean).map(Number);
}

function isAlive(pid: number): boolean {
  if (!existsSync(`/proc/${pid}/stat`)) return false;
  return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
}

function journaled(runDir: string): readonly Finding[] {
  return existsSync(join(runDir, 'run.json')) ? readRun(runDir).findings : [];
}

test('a killed supervisor has its finding on the disk and leaves no worker behind', async () => {
  const { supervisor, runDir } = start({ wrong: [7], slowMs: 5 });
  await until(() => journaled(runDir).length > 0);
  const workers = childrenOf(supervisor.pid);
  expect(workers.length).toBeGreaterThan(0);
  supervisor.kill('SIGKILL');
  await once(supervisor, 'exit');
  const findings = journaled(runDir);
  expect(findings.map(({ signature }) => signature)).toEqual(['fake/double-odd/step 7']);
  expect(stepsOf(findings[0]?.scenario)).toContain(7);
  await until(() => !workers.some(isAlive));
});

test('workers that are stuck in native code do not outlive a killed supervisor', async () => {
  const { supervisor, output } = start({ slowMs: 30_000 });
  await until(() => output().length > 1);
  const workers = childrenOf(supervisor.pid);
  supervisor.kill('SIGKILL');
  await until(() => !workers.some(isAlive));
  expect(workers.length).toBe(2);
});

test('SIGINT ends the campaign with its summary', async () => {
  const { supervisor, output } = start({ slowMs: 1 });
  await until(() => output().length > 1);
  supervisor.kill('SIGINT');
  const [code] = (await once(supervisor, 'exit')) as [number | null];
  expect(code).toBe(0);
  expect(output()).toContain('"scenarios":');
});

test('a second SIGINT ends it at once', async () => {
  const { supervisor, output } = start({ slowMs: 30_000 });
  await until(() => output().length > 1);
  supervisor.kill('SIGINT');
  await setTimeout(200);
  supervisor.kill('SIGINT');
  const [code] = (await once(supervisor, 'exit')) as [number | null];
  expect(code).toBe(130);
});
