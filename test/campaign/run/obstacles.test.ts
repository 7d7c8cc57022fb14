import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { createRun, resumeRun } from '../../../src/campaign/run/directory.js';
import { readRun } from '../../../src/campaign/run/read.js';
import { settingsOf } from '../../../src/campaign/run/settings.js';
import type { CampaignOptions } from '../../../src/campaign/types.js';
import { campaign, campaignProcess, makeRunDir, removeRunDirs, stepsOf } from '../harness.js';

afterAll(removeRunDirs);

const ignore = (): void => undefined;

function optionsIn(runDir: string): CampaignOptions {
  const asked = { seed: 1, workers: 1, timeMs: undefined, runs: 10, corpusDir: runDir, plant: 'none' };
  return { families: ['fake'], targets: [{ kind: 'local' }], runDir, ...asked };
}

test('two campaigns in one directory: the second one is told in one sentence', () => {
  const runDir = makeRunDir();
  const settings = settingsOf(optionsIn(runDir), new Date());
  const first = createRun(runDir, settings, ignore);
  expect(() => createRun(runDir, settings, ignore)).toThrow(
    `a campaign is running in ${runDir} already, as process ${process.pid}: wait for its end, or name another --run-dir`,
  );
  expect(() => resumeRun(runDir, ignore)).toThrow('is running in');
  first.close();
  expect(() => createRun(runDir, settings, ignore)).toThrow(`${runDir} holds a campaign already`);
  resumeRun(runDir, ignore).close();
});

test('the lock of a process that was killed is free', async () => {
  const runDir = makeRunDir();
  const holder = spawn(process.execPath, [campaignProcess, runDir], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(holder.stdout, 'data');
  expect(() => resumeRun(runDir, ignore)).toThrow(`as process ${holder.pid ?? 0}`);
  holder.kill('SIGKILL');
  await once(holder, 'exit');
  resumeRun(runDir, ignore).close();
});

test('a full disk is told once; the campaign goes on, and its finding is kept', async () => {
  const runDir = makeRunDir();
  symlinkSync('/dev/full', join(runDir, 'journal'));
  const notices: string[] = [];
  const { summary, saved } = await campaign({
    faults: { wrong: [8] },
    options: { runDir },
    listener: { notice: (sentence) => notices.push(sentence) },
  });
  expect(notices).toEqual([
    expect.stringMatching(/^the journal cannot be written: the disk is full; the campaign goes on/),
  ]);
  expect(summary.scenarios).toBe(600);
  expect(saved.map(({ signature }) => signature)).toContain('fake/double-even/step 8');
});

test('a damaged journal is told with file and line, and what is missing is executed again', async () => {
  const stop = new AbortController();
  const { runDir, summary } = await campaign({
    faults: { wrong: [8] },
    options: { runs: 3000 },
    listener: {
      finding: () => {
        stop.abort();
      },
    },
    tuning: { signal: stop.signal },
  });
  expect(summary.ended).toBe('interrupt');
  const journal = join(runDir, 'journal');
  const lines = readFileSync(journal, 'utf8').split('\n');
  const totals = lines.findLastIndex((line) => line.includes('"kind":"totals"'));
  lines[totals] = (lines[totals] ?? '').replace('"scenarios":', '"scenarios": ');
  writeFileSync(journal, lines.join('\n'));
  appendFileSync(journal, '01234567 {"kind":"samp');
  const notices: string[] = [];
  const resumed = await campaign({
    faults: { wrong: [8] },
    options: { runDir, runs: 3000, resume: true },
    listener: { notice: (sentence) => notices.push(sentence) },
  });
  expect(notices).toEqual([`${journal}, line ${totals + 1}: its checksum does not match; the record is left out`]);
  expect(resumed.summary).toMatchObject({ ended: 'budget', scenarios: 3000 });
  expect(resumed.summary.findings.map(({ scenario }) => stepsOf(scenario))).toEqual([[8]]);
  expect(readRun(runDir).legs[0]).toMatchObject({ scenarios: 3000, done: [{ from: 0, to: 3000 }], open: [] });
});

test('a finished campaign is not resumed', async () => {
  const { runDir } = await campaign({ options: { runs: 10 } });
  expect(() => resumeRun(runDir, ignore)).toThrow('is finished: its budget is spent');
  mkdirSync(join(runDir, 'empty'));
  expect(() => resumeRun(join(runDir, 'empty'), ignore)).toThrow('run.json: no such file or directory');
  expect(existsSync(join(runDir, 'empty', 'lock'))).toBe(false);
  rmSync(join(runDir, 'empty'), { recursive: true });
});

test('setting the clock disturbs neither the budget nor the workers', async () => {
  const runDir = makeRunDir();
  const clock = join(runDir, 'clock.mjs');
  // Goes back and forth by hours, in the supervisor and in its workers.
  writeFileSync(
    clock,
    'const now = Date.now; let n = 0; Date.now = () => now() + (n++ % 2 === 0 ? 1 : -1) * 36_000_000;',
  );
  const child = spawn(process.execPath, ['--import', clock, campaignProcess, runDir, '2000'], {
    env: { ...process.env, NODE_OPTIONS: `--import ${clock}`, FAKE_FAULTS: JSON.stringify({ slowMs: 1 }) },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  await once(child, 'exit');
  const summary = JSON.parse(output.split('\n')[1] ?? '') as { elapsedMs: number; findings: []; harness: [] };
  expect(summary.elapsedMs).toBeGreaterThanOrEqual(2000);
  expect(summary.elapsedMs).toBeLessThan(3_600_000);
  expect(summary.findings).toEqual([]);
  expect(summary.harness).toEqual([]);
});
