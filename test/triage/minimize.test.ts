import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { minimize, type Minimized } from '../../src/triage/minimize.js';
import { digestOf, readState, StateKeeper, stateFile } from '../../src/triage/minimizeState.js';
import type { Faults } from '../campaign/harness.js';
import { temporaryDirectory } from '../support/temporary.js';
import { fakeFamily, recorded, withFakes } from './support.js';

const TIMEOUT_MS = 120_000;
const LONG = { steps: [4, 7, 12, 31, 7, 50, 2, 9, 60, 61] };
const SIGNATURE = 'fake/double-odd/step 7';
const WANTED = { signature: SIGNATURE, where: 'local, plant none' };
const directory = temporaryDirectory();
const stateHere = (): string => stateFile(join(directory.path, 'case.json'));

interface Given {
  readonly workers?: number;
  readonly scenario?: unknown;
  readonly signature?: string;
  readonly state?: StateKeeper;
  readonly executed?: unknown[];
  readonly stop?: { readonly requested: boolean };
}

async function minimized(faults: Faults, given: Given = {}): Promise<Minimized> {
  const { workers = 1, scenario = LONG, signature = SIGNATURE, executed = [], stop = { requested: false } } = given;
  const state = given.state ?? StateKeeper.begin(stateHere(), scenario, { ...WANTED, signature });
  const family = await fakeFamily();
  return withFakes(faults, workers, (pool) =>
    minimize(family, recorded(pool, executed), scenario, { signature, width: workers, state, stop }),
  );
}

describe('minimize', { timeout: TIMEOUT_MS }, () => {
  test.each([1, 3])('takes away all that does not matter, with %i workers', async (workers) => {
    const { end, scenario, before, now } = await minimized({ wrong: [7] }, { workers });
    expect({ end, scenario, before: before.steps, now: now.steps }).toEqual({
      end: 'minimal',
      scenario: { steps: [7] },
      before: 10,
      now: 1,
    });
  });

  test('keeps to the signature when other faults are in the way', async () => {
    const { scenario } = await minimized({ wrong: [7, 31] }, { workers: 2 });
    expect(scenario).toEqual({ steps: [7] });
  });

  test('looks several times for a fault that comes and goes', async () => {
    const executed: unknown[] = [];
    const { end, scenario, first } = await minimized({ flaky: 7 }, { scenario: { steps: [4, 7, 12] }, executed });
    expect(first.reproduction.hits).toBeLessThan(first.reproduction.tries);
    expect({ end, scenario }).toEqual({ end: 'minimal', scenario: { steps: [7] } });
    const withoutIt = executed.filter((one) => JSON.stringify(one) === '{"steps":[]}');
    expect(withoutIt.length).toBeGreaterThan(1);
  });

  test('reduces what takes its process down', async () => {
    const crash = { scenario: { steps: [4, 7, 12] }, signature: 'fake/crash/step 7', workers: 2 };
    const { end, scenario } = await minimized({ crash: 7 }, crash);
    expect({ end, scenario }).toEqual({ end: 'minimal', scenario: { steps: [7] } });
  });

  test('says when the case does not fail, and what came in its place', async () => {
    const gone = await minimized({});
    expect({ end: gone.end, verdict: gone.first.other?.execution.verdict.kind }).toEqual({
      end: 'gone',
      verdict: 'match',
    });
    const other = await minimized({ wrong: [31] });
    expect({ end: other.end, verdict: other.first.other?.execution.verdict.kind }).toEqual({
      end: 'gone',
      verdict: 'divergence',
    });
  });

  test('ends soon when it is asked to, with what it has', async () => {
    const stop = { requested: false };
    const state = StateKeeper.begin(stateHere(), LONG, WANTED);
    const take = state.take.bind(state);
    state.take = (scenario) => {
      take(scenario);
      stop.requested = true;
    };
    const { end, now } = await minimized({ wrong: [7] }, { state, stop });
    expect(end).toBe('stopped');
    expect(now.steps).toBe(9);
    expect(readState(stateHere(), LONG, WANTED)?.scenario).toEqual({ steps: [7, 12, 31, 7, 50, 2, 9, 60, 61] });
  });
});

describe('the state of a minimization', { timeout: TIMEOUT_MS }, () => {
  test('outlives a kill, and nothing that was refused is asked again', async () => {
    const script = fileURLToPath(new URL('minimizeProcess.mjs', import.meta.url));
    const child = spawn(
      process.execPath,
      [script, join(directory.path, 'case.json'), JSON.stringify(LONG), SIGNATURE],
      {
        env: { ...process.env, FAKE_FAULTS: JSON.stringify({ wrong: [7], slowMs: 40 }) },
        stdio: ['ignore', 'inherit', 'inherit'],
      },
    );
    const state = () => (existsSync(stateHere()) ? readState(stateHere(), LONG, WANTED) : undefined);
    while ((state()?.refused.length ?? 0) === 0) await setTimeout(10);
    child.kill('SIGKILL');
    await once(child, 'exit');
    const left = state();
    if (left === undefined) throw new Error('no state');
    expect(left.executions).toBeGreaterThan(0);
    const executed: unknown[] = [];
    const { end, scenario } = await minimized({ wrong: [7] }, { state: new StateKeeper(stateHere(), left), executed });
    expect({ end, scenario }).toEqual({ end: 'minimal', scenario: { steps: [7] } });
    expect(executed.map(digestOf).filter((digest) => left.refused.includes(digest))).toEqual([]);
  });

  test.each([
    ['another scenario', { steps: [1] }, WANTED, 'belongs to another scenario'],
    ['another signature', LONG, { ...WANTED, signature: 'fake/double-even/step 4' }, 'belongs to another scenario'],
    [
      'another target',
      LONG,
      { ...WANTED, where: 'ssh:box, plant none' },
      'was written on local, plant none, and this is ssh:box',
    ],
  ])('is refused for %s', (_, scenario, wanted, problem) => {
    StateKeeper.begin(stateHere(), LONG, WANTED).save();
    expect(() => readState(stateHere(), scenario, wanted)).toThrow(problem);
  });

  test('that is damaged is refused in a sentence', () => {
    directory.write('.case.minimize.json', '{"schema": 1, "of"');
    expect(() => readState(stateHere(), LONG, WANTED)).toThrow('truncated');
  });

  test('that cannot be kept does not stop the work', () => {
    const state = StateKeeper.begin(join(directory.path, 'nowhere', 'x'), LONG, WANTED);
    state.take({ steps: [7] });
    expect(state.problem).toMatchObject({ code: 'ENOENT' });
  });
});
