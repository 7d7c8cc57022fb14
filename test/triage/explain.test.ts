import { expect, test } from 'vitest';
import { stage2Variations } from '../../src/arbitraries/stage2/variations.js';
import { parseStage2 } from '../../src/scenario/parse.js';
import { explain } from '../../src/triage/explain.js';
import { access, simplestScenario } from '../support/scenario.js';
import { fakeFamily, withFakes } from './support.js';

const TIMEOUT_MS = 120_000;
const SIGNATURE = 'fake/double-odd/step 7';
const stop = { requested: false };

test(
  'explain tells changes that keep the failure from those that lose it, and whether anybody still asked',
  { timeout: TIMEOUT_MS },
  async () => {
    const family = await fakeFamily();
    const { rules, fields } = await withFakes({ wrong: [7, 4] }, 2, (pool) =>
      explain(family, pool, { steps: [7, 9] }, SIGNATURE, stop),
    );
    expect(rules).toEqual(['double-odd']);
    expect(fields).toEqual([
      {
        field: 'simpler',
        from: '',
        matters: true,
        tried: [
          { to: '{"steps":[9]}', effect: 'passes', detail: '' },
          { to: '{"steps":[7]}', effect: 'fails', detail: '' },
        ],
      },
    ]);
    const other = await withFakes({ wrong: [7, 4] }, 1, (pool) =>
      explain(family, pool, { steps: [7, 4] }, SIGNATURE, stop),
    );
    expect(other.fields[0]?.tried).toEqual([
      { to: '{"steps":[4]}', effect: 'other', detail: 'double-even' },
      { to: '{"steps":[7]}', effect: 'fails', detail: '' },
    ]);
  },
);

test('explain varies nothing when the case does not fail', { timeout: TIMEOUT_MS }, async () => {
  const family = await fakeFamily();
  const { first, fields } = await withFakes({}, 1, (pool) => explain(family, pool, { steps: [7] }, SIGNATURE, stop));
  expect({ shown: first.shown, fields }).toEqual({ shown: undefined, fields: [] });
});

test('variations of stage2 are valid, all different, and touch every field and step', () => {
  const scenario = simplestScenario({
    steps: [access({ op: 'cmpxchg' }), { kind: 'dirtyLog', action: 'get', region: 'data' }],
  });
  const variations = [...stage2Variations(scenario)];
  for (const variation of variations) expect(parseStage2(variation.scenario)).toEqual(variation.scenario);
  const texts = variations.map((variation) => JSON.stringify(variation.scenario));
  expect(new Set([JSON.stringify(scenario), ...texts]).size).toBe(texts.length + 1);
  const backings = variations.filter(({ field }) => field === 'data.backing').map(({ to }) => to);
  expect(backings).toEqual(['anon_thp', 'shmem', 'memfd', 'hugetlb', 'hugetlb_shared']);
  const fields = new Set(variations.map(({ field }) => field));
  for (const field of ['privilege', 'vcpus', 'data.flags.log', 'data.uffd', 'data2', 'initial.pteD', 'none.reads.0'])
    expect(fields).toContain(field);
  for (const field of ['step 1', 'step 1 op', 'step 1 value', 'step 1 comparand', 'step 2', 'step 2 region'])
    expect(fields).toContain(field);
});
