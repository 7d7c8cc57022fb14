import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Pin } from '../../src/arbitraries/fields.js';
import type { Focus } from '../../src/arbitraries/focus.js';
import { stage2Arbitrary } from '../../src/arbitraries/stage2.js';
import { stage2Fields } from '../../src/arbitraries/stage2/fields.js';
import { applicableRules } from '../../src/model/stage2/applicable.js';
import { predictStage2 } from '../../src/model/stage2/predict.js';
import type { Stage2Profile } from '../../src/scenario/profile.js';
import type { Stage2Scenario } from '../../src/scenario/stage2.js';
import { isValidStage2 } from '../../src/scenario/stage2/constraints.js';
import { armProfile, profile } from './profiles.js';

const NOTHING: Focus<Stage2Scenario> = { pins: [], like: [] };
const RUNS = 400;

function sample(machine: Stage2Profile, focus?: Focus<Stage2Scenario>, numRuns = RUNS): Stage2Scenario[] {
  return fc.sample(stage2Arbitrary(machine, focus), { numRuns, seed: 11 });
}

const machines: [string, Stage2Profile][] = [
  ['x86_64', profile()],
  ['aarch64', armProfile()],
];

describe.each(machines)('on %s', (_name, machine) => {
  const fields = stage2Fields(machine);

  function share(scenarios: readonly Stage2Scenario[], pins: readonly Pin[]): number {
    const masks = new Int32Array(fields.fields.length);
    const shows = (scenario: Stage2Scenario): boolean => {
      fields.read(scenario, masks);
      return pins.every(([name, value]) => {
        const place = fields.fields.findIndex((field) => field.name === name);
        return ((masks[place] ?? 0) & (1 << (fields.fields[place]?.values.indexOf(value) ?? -1))) !== 0;
      });
    };
    return scenarios.filter(shows).length / scenarios.length;
  }

  test.each<readonly [Pin, Pin]>([
    [
      ['data memory', 'hugetlb_shared'],
      ['data uffd', 'minor+wp'],
    ],
    [
      ['pt uffd', 'missing+minor+wp'],
      ['MMIO access', 'update'],
    ],
    [
      ['data2 slot', 'log+readonly'],
      ['access', 'race'],
    ],
    [
      ['vCPUs', '2'],
      ['step', 'dirty clear'],
    ],
  ])('two values that are wanted come in nearly all scenarios, which are valid: %j, %j', (...pins) => {
    const focused = sample(machine, { pins: [pins], like: [] });
    expect(focused.filter((scenario) => !isValidStage2(scenario))).toEqual([]);
    expect(share(focused, pins)).toBeGreaterThan(0.95);
    expect(share(sample(machine), pins)).toBeLessThan(0.1);
  });

  test('the same focus and seed give the same scenarios, and other seeds others', () => {
    const focus = { pins: [[['vCPUs', '2']]] as const, like: sample(machine, undefined, 3) };
    expect(sample(machine, focus)).toEqual(sample(machine, focus));
    expect(sample(machine, focus)).not.toEqual(sample(machine));
  });

  test('nothing to prefer is the ordinary distribution', () => {
    expect(sample(machine, NOTHING, 50)).toHaveLength(50);
  });

  test('variations of a scenario in which a rare rule decided exercise it far more often, and are valid', () => {
    const ordinary = sample(machine, undefined, 4000);
    const decisions = ordinary.map((scenario) => predictStage2(scenario, machine).decided);
    const counts = applicableRules(machine).map((rule) => {
      const examples = ordinary.filter((_, i) => decisions[i]?.has(rule) === true);
      return { rule, examples };
    });
    const rare = counts
      .filter(({ examples }) => examples.length > 0)
      .sort((a, b) => a.examples.length - b.examples.length);
    const [first] = rare;
    if (first === undefined) throw new Error('no rule decided');
    const varied = sample(machine, { pins: [], like: first.examples.slice(0, 3) });
    expect(varied.filter((scenario) => !isValidStage2(scenario))).toEqual([]);
    const hits = varied.filter((scenario) => predictStage2(scenario, machine).decided.has(first.rule)).length;
    expect(hits / varied.length).toBeGreaterThan((20 * first.examples.length) / ordinary.length);
    expect(new Set(varied.map((scenario) => JSON.stringify(scenario))).size).toBeGreaterThan(RUNS / 2);
  });
});

test('a field or value that does not exist is refused', () => {
  expect(() => sample(profile(), { pins: [[['no such field', 'x']]], like: [] })).toThrow(
    'there is no field no such field',
  );
});
