import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { INVESTIGATION_LIMITS } from '../../src/campaign/investigate.js';
import { makeCgroup } from '../support/cgroup.js';
import { campaign, makeRunDir, removeRunDirs, stepsOf } from './harness.js';

afterAll(removeRunDirs);

const limits = { ...INVESTIGATION_LIMITS, freshTries: 1, disposableExecutions: 1 };
const backoff = { firstMs: 10, maxMs: 40 };
const options = { runs: 40, workers: 1 };

describe('a worker that cannot be ended', () => {
  test('is given up and named, and its scenario is a finding', async ({ skip }) => {
    const group = makeCgroup('freezer');
    if (typeof group === 'string') return skip(group);
    try {
      const { summary } = await campaign({
        faults: { join: { at: 42, procs: group.procs }, freeze: group.file('freezer.state') },
        options,
        tuning: { graceMs: 300, limits, backoff },
      });
      expect(summary.scenarios).toBe(40);
      expect(summary.harness).toEqual([]);
      const [finding, ...others] = summary.findings;
      expect(others).toEqual([]);
      expect(finding?.verdict.kind).toBe('hang');
      expect(finding?.reproduction).toMatchObject({ freshTries: 2, freshHits: 2 });
      expect(stepsOf(finding?.original)).toContain(42);
      const [first] = summary.wedged ?? [];
      const detail = finding?.verdict.kind === 'hang' ? finding.verdict.detail : '';
      expect(detail).toContain('the worker is wedged in the kernel: SIGKILL does not end it');
      expect(detail).toContain(`of process ${first?.pid ?? 0} waits in `);
      expect(existsSync(`/proc/${first?.pid ?? 0}`)).toBe(true);
    } finally {
      group.set('freezer.state', 'THAWED');
      await group.remove();
    }
  });
});

describe('a worker that the kernel killed', () => {
  test('because memory ran out is told apart', async ({ skip }) => {
    const group = makeCgroup('memory');
    if (typeof group === 'string') return skip(group);
    try {
      group.set('memory.limit_in_bytes', String(100 << 20));
      const { summary } = await campaign({
        faults: { join: { at: 42, procs: group.procs }, hog: true },
        options,
        tuning: { graceMs: 20_000, limits, backoff },
      });
      expect(summary.scenarios).toBe(40);
      const [finding] = summary.findings;
      const detail = finding?.verdict.kind === 'crash' ? finding.verdict.detail : '';
      const [sentence, line] = detail.split('\n');
      expect(sentence).toBe('the kernel killed the worker because memory ran out');
      expect(line).toMatch(/Killed process \d+ |has counted a kill/);
      expect(stepsOf(finding?.scenario)).toContain(42);
    } finally {
      await group.remove();
    }
  });
});

describe('a slot that keeps failing', () => {
  test('waits and says so, while the others go on', async () => {
    const notices: string[] = [];
    const stop = new AbortController();
    const { summary } = await campaign({
      faults: { startOnce: join(makeRunDir(), 'first') },
      options: { workers: 2, runs: undefined, timeMs: 600_000 },
      listener: {
        notice: (sentence) => {
          notices.push(sentence);
          if (notices.length === 2) stop.abort();
        },
      },
      tuning: { backoff, signal: stop.signal },
    });
    expect(notices[0]).toMatch(/^worker 2 pauses for 0\.01 s after 3 failures in a row: workers do not start/);
    expect(notices[1]).toMatch(/^worker 2 pauses for 0\.02 s after 4 failures in a row/);
    expect(summary.scenarios).toBeGreaterThan(0);
    expect(summary.harness.join()).toMatch(
      /^workers do not start, 3 in a row: the worker died: SIGKILL \(\d+ times\)$/,
    );
  });

  test('ends the campaign with its summary when nothing works any more', async () => {
    const { summary } = await campaign({
      // The first scenario with this number is the 54th.
      faults: { startOnce: join(makeRunDir(), 'first'), crash: 50, slowMs: 20 },
      options: { workers: 1 },
      tuning: { backoff },
    });
    expect(summary.scenarios).toBeGreaterThan(0);
    expect(summary.scenarios).toBeLessThan(600);
    expect(summary.harness.at(-1)).toMatch(/^nothing works any more: workers do not start/);
  });
});
