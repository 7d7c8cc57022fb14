import type { Family } from '../../src/campaign/family.js';
import { loadParts } from '../../src/campaign/loadParts.js';
import { ExecutorPool } from '../../src/cli/executorPool.js';
import type { Executes } from '../../src/triage/executes.js';
import { fakeParts, type Faults } from '../campaign/harness.js';

/** The scripted family, whose scenarios are lists of numbers that must be doubled. */
export async function fakeFamily(): Promise<Family<unknown, unknown>> {
  const family = (await loadParts(fakeParts)).family('fake');
  if (family === undefined) throw new Error('the scripted family is gone');
  return family;
}

/** Hands workers of the scripted family to `work` and ends them afterwards. */
export async function withFakes<T>(
  faults: Faults,
  workers: number,
  work: (pool: ExecutorPool) => Promise<T>,
): Promise<T> {
  process.env['FAKE_FAULTS'] = JSON.stringify(faults);
  const pool = await ExecutorPool.open('fake', { kind: 'local' }, workers, 'none', fakeParts);
  try {
    return await work(pool);
  } finally {
    await pool.close();
  }
}

/** Writes down what is executed. */
export function recorded(executes: Executes, scenarios: unknown[]): Executes {
  return {
    ready: executes.ready,
    execute: (scenario, times, freshVm) => {
      scenarios.push(scenario);
      return executes.execute(scenario, times, freshVm);
    },
    executeAlone: (scenario) => executes.executeAlone(scenario),
  };
}
