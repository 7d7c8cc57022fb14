import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, expect, test } from 'vitest';
import { numberOf } from '../../src/campaign/batches.js';
import { readRun } from '../../src/campaign/run/read.js';
import { placeOf } from '../../src/campaign/seeds.js';
import type { CampaignSummary, Finding } from '../../src/campaign/types.js';
import { makeRunDir, removeRunDirs } from './harness.js';

/** Processes that are killed: `FAULTLINE_KILLS=300` for a thorough look. */
const KILLS = Number(process.env['FAULTLINE_KILLS'] ?? 40);
/** Scenarios of one campaign. */
const RUNS = 3000;
const WRONG = [7, 23, 64];
const SIGNATURES = ['fake/double-even/step 64', 'fake/double-odd/step 23', 'fake/double-odd/step 7'];

const program = fileURLToPath(new URL('resumableProcess.mjs', import.meta.url));
let child: ChildProcess | undefined;

afterEach(() => {
  child?.kill('SIGKILL');
});
afterAll(removeRunDirs);

/** Kills the supervisor, or a worker, at random moments, and resumes until the campaign ends or `kills` are spent. */
async function killAndResume(runDir: string, kills: number): Promise<number> {
  for (let killed = 0; ;) {
    const faults = { wrong: WRONG, slowMs: 1, trace: join(runDir, 'trace') };
    const env = { ...process.env, FAKE_FAULTS: JSON.stringify(faults) };
    child = spawn(process.execPath, [program, runDir, String(RUNS)], { env, stdio: ['ignore', 'ignore', 'pipe'] });
    const stderr = textOf(child);
    const ended = once(child, 'exit') as Promise<[number | null, string | null]>;
    for (let over = false; !over && killed < kills;) {
      over = await Promise.race([ended.then(() => true), setTimeout(30 + 900 * Math.random() ** 2, false)]);
      if (!over && kill(child)) killed++;
      over ||= child.signalCode !== null || child.killed;
    }
    const [code, signal] = await ended;
    if (code === 0) return killed;
    // Whoever kills every worker at its start is told so, and can resume, too.
    if (signal !== 'SIGKILL')
      expect(`it ended with ${code ?? 0}: ${stderr()}`).toContain('workers do not start, 3 in a row');
  }
}

function textOf({ stderr }: ChildProcess): () => string {
  let text = '';
  stderr?.setEncoding('utf8').on('data', (more: string) => (text += more));
  return () => text;
}

/** The supervisor in one of two cases, else one of its workers. False: there was none. */
function kill(supervisor: ChildProcess): boolean {
  if (Math.random() < 0.5) return supervisor.kill('SIGKILL');
  const workers = childrenOf(supervisor.pid ?? 0);
  const worker = workers[Math.floor(Math.random() * workers.length)];
  try {
    return worker !== undefined && process.kill(worker, 'SIGKILL');
  } catch {
    return false;
  }
}

function childrenOf(pid: number): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
  } catch {
    return [];
  }
}

/** Numbers of the scenarios that no worker has executed. */
function skipped(runDir: string): number[] {
  const ids = readFileSync(join(runDir, 'trace'), 'utf8').split('\n').filter(Boolean);
  const executed = new Set(
    ids.flatMap((id) => {
      const place = placeOf(BigInt(id));
      return place === undefined ? [] : [numberOf(place)];
    }),
  );
  return Array.from({ length: RUNS }, (_, number) => number).filter((number) => !executed.has(number));
}

/** Without the deaths that this test caused. */
function divergences(findings: readonly Finding[]): string[] {
  return findings
    .filter(({ verdict }) => verdict.kind === 'divergence')
    .map(({ signature }) => signature)
    .sort();
}

test(
  `${KILLS} kills of supervisors and workers lose no finding, find none twice, and leave no scenario out`,
  { timeout: 120_000 + 5000 * KILLS },
  async () => {
    for (let killed = 0; killed < KILLS;) {
      const runDir = makeRunDir();
      killed += await killAndResume(runDir, KILLS - killed);
      const summary = JSON.parse(readFileSync(join(runDir, 'done.json'), 'utf8')) as CampaignSummary;
      const record = readRun(runDir);
      expect(record.problems).toEqual([]);
      expect(divergences(record.findings)).toEqual(SIGNATURES);
      expect(divergences(summary.findings)).toEqual(SIGNATURES);
      expect(divergences(corpusOf(runDir))).toEqual(SIGNATURES);
      expect(skipped(runDir)).toEqual([]);
      expect(summary.scenarios).toBe(RUNS);
      expect(record.legs.map(({ done, open, scenarios }) => ({ done, open, scenarios }))).toEqual([
        { done: [{ from: 0, to: RUNS }], open: [], scenarios: RUNS },
      ]);
      expect(existsSync(join(runDir, 'workers'))).toBe(false);
    }
  },
);

function corpusOf(runDir: string): Finding[] {
  const directory = join(runDir, 'corpus');
  return readdirSync(directory).map((name) => JSON.parse(readFileSync(join(directory, name), 'utf8')) as Finding);
}
