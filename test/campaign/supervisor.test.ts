import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { INVESTIGATION_LIMITS } from '../../src/campaign/investigate.js';
import { readRun } from '../../src/campaign/run/read.js';
import type { Finding } from '../../src/campaign/types.js';
import { campaign, fakeParts, removeRunDirs, stepsOf } from './harness.js';

afterAll(removeRunDirs);

function only(findings: readonly Finding[]): Finding {
  const [finding, ...others] = findings;
  if (finding === undefined || others.length > 0) throw new Error(`expected one finding, got ${findings.length}`);
  return finding;
}

describe('a campaign without faults', () => {
  test('spends exactly its runs and counts what they exercised', async () => {
    const { summary, leg, saved } = await campaign({ options: { runs: 1000 } });
    expect(summary.scenarios).toBe(1000);
    expect(summary.ended).toBe('budget');
    expect(Object.values(leg.configurations).reduce((a, b) => a + b)).toBe(1000);
    expect(leg.unexercised).toEqual(['never']);
    expect(summary.harness).toEqual([]);
    expect(summary.findings).toEqual([]);
    expect(saved).toEqual([]);
    expect(summary.rssBytes.peak).toBeGreaterThanOrEqual(summary.rssBytes.start);
  });

  test('follows from its seed, whatever the number of workers', async () => {
    const [one, two, other] = await Promise.all([
      campaign({ options: { workers: 1 } }),
      campaign({ options: { workers: 2 } }),
      campaign({ options: { seed: 2 } }),
    ]);
    expect(two.leg.decided).toEqual(one.leg.decided);
    expect(other.leg.decided).not.toEqual(one.leg.decided);
  });

  test('ends when its time is spent', async () => {
    const { summary } = await campaign({ options: { runs: undefined, timeMs: 700 } });
    expect(summary.scenarios).toBeGreaterThan(0);
    expect(summary.elapsedMs).toBeGreaterThanOrEqual(700);
  });

  test('ends early with a summary when asked to', async () => {
    const stop = new AbortController();
    const { summary } = await campaign({
      options: { runs: undefined, timeMs: 600_000 },
      listener: {
        progress: () => {
          stop.abort();
        },
      },
      tuning: { signal: stop.signal },
    });
    expect(summary.scenarios).toBeGreaterThan(0);
  });

  test('writes its log and leaves no black box behind', async () => {
    const { runDir } = await campaign();
    expect(readFileSync(join(runDir, 'log.ndjson'), 'utf8')).toContain('"msg":"summary"');
    expect(readdirSync(runDir).sort()).toEqual(['journal', 'lock', 'log.ndjson', 'run.json']);
  });

  test('counts how calls end, beside what their documentation names', async () => {
    const { leg } = await campaign({ options: { runs: 1000 } });
    expect(leg.outcomes?.counts).toEqual({
      'DOUBLE even': leg.decided['double-even'],
      'DOUBLE odd': leg.decided['double-odd'],
    });
    expect(leg.outcomes?.documented.map(({ name }) => name)).toEqual(['DOUBLE even', 'DOUBLE never', 'DOUBLE half']);
  });

  test('counts skips by their reason', async () => {
    const { leg } = await campaign({ faults: { skip: 3 } });
    expect(leg.skips['no such number here']).toBeGreaterThan(0);
  });
});

describe('a divergence', () => {
  test('is found once per signature, and shrunk without changing it', async () => {
    const { summary, saved } = await campaign({ faults: { wrong: [7, 9] }, options: { runs: 2000 } });
    const bySignature = [...summary.findings].sort((a, b) => a.signature.localeCompare(b.signature));
    expect(bySignature.map(({ signature }) => signature)).toEqual(['fake/double-odd/step 7', 'fake/double-odd/step 9']);
    expect(bySignature.map(({ scenario }) => stepsOf(scenario))).toEqual([[7], [9]]);
    for (const { signature, reproduction, original, mismatches } of bySignature) {
      expect(summary.occurrences?.[signature]).toBeGreaterThan(1);
      expect(reproduction).toEqual({ tries: 10, hits: 10, freshTries: 2, freshHits: 2 });
      expect(stepsOf(original).length).toBeGreaterThan(1);
      expect(mismatches.map(({ rule }) => rule)).toEqual(['double-odd']);
    }
    expect(saved.map(({ signature }) => signature)).toContain('fake/double-odd/step 7');
    expect(bySignature.map(({ file }) => file)).toEqual(bySignature.map(({ signature }) => `file of ${signature}`));
  });

  test('that comes and goes is shrunk all the same', async () => {
    const finding = only((await campaign({ faults: { flaky: 5 } })).summary.findings);
    expect(stepsOf(finding.scenario)).toEqual([5]);
    expect(finding.reproduction.hits).toBe(5);
  });

  test('that only a used process shows is told apart', async () => {
    const finding = only((await campaign({ faults: { leak: 5 } })).summary.findings);
    expect(finding.reproduction).toMatchObject({ hits: 10, freshHits: 0 });
  });

  test('is labelled when it is known, and not kept again', async () => {
    const { summary, leg, saved } = await campaign({
      faults: { wrong: [8] },
      listener: {
        known: ({ rules, shape }) => (rules[0] === 'double-even' && shape === 'step 8' ? 'eight' : undefined),
      },
    });
    expect(only(summary.findings).known).toBe('eight');
    expect(leg.known['eight']).toBeGreaterThan(1);
    expect(saved).toEqual([]);
  });

  test('that cannot be saved stays in the journal, and the campaign goes on', async () => {
    const { summary, runDir } = await campaign({
      faults: { wrong: [8] },
      listener: {
        save: () => {
          throw new Error('the disk is full');
        },
      },
    });
    expect(summary.scenarios).toBe(600);
    expect(only(summary.findings)).toMatchObject({ file: undefined, saveError: 'the disk is full' });
    expect(stepsOf(only(readRun(runDir).findings).scenario)).toEqual([8]);
  });

  test.each([
    ['model:double-odd', 'double-odd'],
    ['driver:off_by_one', 'double-even'],
  ])('planted as %s is found', async (plant, rule) => {
    const stop = new AbortController();
    const finding = (found: Finding) => {
      if (found.mismatches.some((mismatch) => mismatch.rule === rule)) stop.abort();
    };
    const { summary } = await campaign({ options: { plant }, listener: { finding }, tuning: { signal: stop.signal } });
    expect(summary.findings.some(({ mismatches }) => mismatches[0]?.rule === rule)).toBe(true);
  });
});

describe('a scenario that ends its worker', () => {
  test('is the one that the finding names', async () => {
    const { summary, runDir } = await campaign({ faults: { crash: 42 }, options: { runs: 60 } });
    const finding = only(summary.findings);
    const arbitrary = fc.record({ steps: fc.array(fc.nat(99), { maxLength: 12 }) }, { noNullPrototype: true });
    const [generated] = fc.sample(arbitrary, { seed: finding.seed, path: finding.path, numRuns: 1 });
    expect(stepsOf(finding.original)).toEqual(generated?.steps);
    expect(stepsOf(finding.original)).toContain(42);
    expect(stepsOf(finding.scenario)).toEqual([42]);
    expect(finding.verdict).toEqual({ kind: 'crash', detail: 'the worker died: SIGKILL' });
    expect(finding.reproduction).toMatchObject({ freshTries: 2, freshHits: 2 });
    expect(summary.workerRestarts).toBeGreaterThan(0);
    expect(summary.scenarios).toBe(60);
    expect(existsSync(join(runDir, 'log.ndjson'))).toBe(true);
  });

  test('counts as the one finding that its reduced form is', async () => {
    const { summary, saved } = await campaign({
      faults: { crash: 42, loose: true },
      options: { runs: 30 },
      tuning: { module: fakeParts, limits: { ...INVESTIGATION_LIMITS, freshTries: 1 } },
    });
    expect(only(summary.findings).signature).toBe('fake/crash/step 42, step 0 of 1');
    expect(new Set(saved.map(({ signature }) => signature)).size).toBe(1);
  });

  test('is found as a hang when the worker gives no sign of life', async () => {
    const { summary } = await campaign({
      faults: { spin: 42 },
      options: { runs: 40 },
      tuning: { graceMs: 300 },
    });
    const finding = only(summary.findings);
    expect(finding.verdict).toMatchObject({ kind: 'hang', detail: 'the worker gave no sign of life' });
    expect(stepsOf(finding.original)).toContain(42);
    expect(summary.scenarios).toBe(40);
  });

  test('is a finding, too, when the driver reports the hang itself', async () => {
    const finding = only((await campaign({ faults: { hang: 5 } })).summary.findings);
    expect(finding.verdict.kind).toBe('hang');
    expect(stepsOf(finding.scenario)).toEqual([5]);
  });
});

describe('a fault of the tool', () => {
  test('is never a finding', async () => {
    const { summary } = await campaign({ faults: { throw: 5 } });
    expect(summary.findings).toEqual([]);
    expect(summary.harness).toEqual([expect.stringMatching(/^the model is broken \(\d+ times\)$/)]);
    expect(summary.scenarios).toBe(600);
  });

  test('ends the campaign when workers do not start', async () => {
    await expect(campaign({ faults: { startDeath: true } })).rejects.toThrow(/3 in a row: the worker died: SIGKILL/);
  });

  test('is one sentence for an unknown family or plant', async () => {
    await expect(campaign({ options: { families: ['nonesuch'] } })).rejects.toThrow('there is no family nonesuch');
    await expect(campaign({ options: { plant: 'model:nonesuch' } })).rejects.toThrow('there is no rule nonesuch');
  });
});
