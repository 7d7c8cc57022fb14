import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { INVESTIGATION_LIMITS } from '../../../src/campaign/investigate.js';
import { placeAt } from '../../../src/campaign/batches.js';
import { partsOf } from '../../../src/campaign/kernel/trials.js';
import type { Finding } from '../../../src/campaign/types.js';
import { errorMessage } from '../../../src/util/errno.js';
import { campaign, type Faults, makeRunDir, removeRunDirs, stepsOf } from '../harness.js';

afterAll(removeRunDirs);

/** Why this process cannot write to the kernel log and read it. */
function kmsgProblem(): string | undefined {
  try {
    accessSync('/dev/kmsg', constants.R_OK | constants.W_OK);
    return undefined;
  } catch (error) {
    return errorMessage(error);
  }
}

const LIMITS = { ...INVESTIGATION_LIMITS, disposableExecutions: 2 };

/** A campaign that ends with its first finding. */
async function findingOf(faults: Faults): Promise<Finding | undefined> {
  const stop = new AbortController();
  const { summary } = await campaign({
    faults: { ...faults, slowMs: 80 },
    options: { workers: 1, runs: undefined, timeMs: 240_000 },
    listener: {
      finding: () => {
        stop.abort();
      },
    },
    tuning: { deadlineMs: 4000, graceMs: 20_000, signal: stop.signal, limits: LIMITS },
  });
  expect(summary.harness).toEqual([]);
  return summary.findings[0];
}

describe('a report in the kernel log about a worker', () => {
  test(
    'is a finding with the one scenario that brings it about, made smaller',
    { timeout: 300_000 },
    async ({ skip }) => {
      const problem = kmsgProblem();
      if (problem !== undefined) return skip(problem);
      const finding = await findingOf({ kmsg: 42 });
      expect(finding?.signature).toBe('fake/kernel-log/WARNING: CPU: # PID: # Comm: node at a/test.c:# made_up+#/#');
      expect(stepsOf(finding?.original)).toContain(42);
      expect(stepsOf(finding?.scenario)).toContain(42);
      expect(finding?.reproduction).toMatchObject({ freshTries: 1, freshHits: 1 });
      expect(finding?.minimized).toMatch(/executions in processes of their own/);
    },
  );

  test('that does not come again names the scenarios among which it is', { timeout: 300_000 }, async ({ skip }) => {
    const problem = kmsgProblem();
    if (problem !== undefined) return skip(problem);
    const finding = await findingOf({ kmsg: 42, kmsgOnce: join(makeRunDir(), 'once') });
    expect(finding?.reproduction.freshHits).toBe(0);
    expect(finding?.minimized).toMatch(/^not minimized: it came during one of \d+ scenarios .*--shard 1:\d+-\d+\)/);
  });
});

test('scenarios are tried again as they were generated: by batch and focus', () => {
  const parts = partsOf({ from: 250, to: 262 }, (number) => placeAt(7, number, number < 258 ? undefined : 'rare'));
  expect(parts.map(({ origin, from, to }) => [origin.batch, origin.focus, from, to])).toEqual([
    [0, undefined, 250, 256],
    [1, undefined, 0, 2],
    [1, 'rare', 2, 6],
  ]);
});
