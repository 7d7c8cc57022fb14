import { afterAll, describe, expect, test } from 'vitest';
import { campaign, removeRunDirs } from '../harness.js';

afterAll(removeRunDirs);

const endless = { runs: undefined, timeMs: 600_000 };

describe('the canary', () => {
  test('is caught, and leaves no trace among the findings', async () => {
    const { summary, saved } = await campaign({ faults: { canaries: ['driver:off_by_one', 'model:double-odd'] } });
    expect(summary.canary).toMatchObject({ family: 'fake', target: 'local', caught: true });
    expect(summary.canary?.plants.map(({ plant, rules }) => [plant, rules.length])).toEqual([
      ['driver:off_by_one', 1],
      ['model:double-odd', 1],
    ]);
    expect([summary.findings, saved, summary.harness]).toEqual([[], [], []]);
    expect(summary.occurrences).toEqual({});
    expect(summary.scenarios).toBe(600);
  });

  test('that is not noticed ends the campaign as broken', async () => {
    const { summary } = await campaign({ faults: { canaries: ['driver:nothing'] }, options: endless });
    expect(summary.canary).toMatchObject({ caught: false, plants: [{ plant: 'driver:nothing', scenarios: 2048 }] });
    expect(summary.harness).toEqual([
      'this run is broken: the deliberate fault driver:nothing was not noticed in 2048 scenarios (fake on local), so that real faults may go unnoticed, too',
    ]);
    expect(summary.findings).toEqual([]);
  });

  test('is not taken for caught by what is wrong without it', async () => {
    const { summary } = await campaign({ faults: { canaries: ['driver:nothing'], wrong: [7] }, options: endless });
    expect(summary.canary?.caught).toBe(false);
    expect(summary.findings.map(({ signature }) => signature)).toEqual(['fake/double-odd/step 7']);
  });

  test('goes on after scenarios that end its worker, but not for ever', async () => {
    const faults = { canaries: ['driver:nothing'], crash: 42 };
    const { summary } = await campaign({ faults, options: { ...endless, workers: 1 } });
    expect(summary.canary?.detail).toBe(
      'the deliberate fault driver:nothing could not be tried: the worker died: SIGKILL',
    );
  });

  test('that cannot be committed breaks the run, too', async () => {
    const { summary } = await campaign({ faults: { canaries: ['model:nonesuch'] }, options: endless });
    expect(summary.harness.join()).toContain('model:nonesuch could not be tried: there is no rule nonesuch');
  });

  test('is left out of a campaign that commits a fault of its own', async () => {
    const { summary } = await campaign({
      faults: { canaries: ['driver:nothing'] },
      options: { runs: 40, plant: 'driver:nothing' },
    });
    expect(summary.canary).toBeUndefined();
    expect(summary.harness).toEqual([]);
  });
});
