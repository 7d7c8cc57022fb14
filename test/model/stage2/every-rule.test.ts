import { describe, expect, test } from 'vitest';
import { applicableRules } from '../../../src/model/stage2/applicable.js';
import { predictStage2, stage2Rule } from '../../../src/model/stage2/predict.js';
import { STAGE2_RULES } from '../../../src/model/stage2/rules/index.js';
import { armProfile, profile } from '../../arbitraries/profiles.js';
import { armScenario, scenario } from '../../scenario/examples.js';
import { casesOf, RULE_CASES } from '../rules/index.js';
import { ARM, expectation, sidesOf, X86 } from '../support.js';

test('every rule of the book has a case on both of its sides, and no case names another', () => {
  const named = new Set(RULE_CASES.map(({ rule }) => rule));
  expect([...named].sort()).toEqual(STAGE2_RULES.map(({ id }) => id).sort());
});

describe.each([
  ['x86_64', X86],
  ['aarch64', ARM],
] as const)('on %s', (arch, machines) => {
  test('only rules that are about it decide anything', () => {
    const foreign = new Set<string>();
    for (const one of casesOf(arch)) {
      for (const machine of one.on ?? machines) {
        if (!machines.includes(machine)) continue;
        for (const [id] of expectation(sidesOf(one, machine)).decided) {
          const about = stage2Rule(id)?.arch;
          if (about !== undefined && about !== arch) foreign.add(id);
        }
      }
    }
    expect([...foreign]).toEqual([]);
  });
});

test('machines of aarch64 that have everything can exercise every rule about it, and no other', () => {
  const found = new Set(
    [
      armProfile(),
      armProfile({ atomicFaults: 'write_at_once', maintenanceLoads: false }),
      armProfile({ walkDirtiesTables: 'always', uffdDropsWp: false, uffdWpSpansMappings: false }),
    ].flatMap(applicableRules),
  );
  // A ring has more entries than a scenario has pages, and only an emulator enters a page again and again.
  const unreachable = 'ring.full';
  const about = STAGE2_RULES.filter(({ arch, id }) => (arch === undefined || arch === 'aarch64') && id !== unreachable);
  expect([...found].sort()).toEqual(about.map(({ id }) => id).sort());
});

test('a scenario for another architecture is a skip that says so', () => {
  expect(predictStage2(armScenario([]), profile()).skip).toMatch(/x86_64.*aarch64/);
  expect(predictStage2(scenario([]), armProfile()).skip).toMatch(/aarch64.*x86_64/);
});

test.each([
  ['hardwareAccessFlag', { ha: true }],
  ['hardwareDirty', { ha: true, hd: true }],
  ['granule16k', { granule: '16k' }],
] as const)('without %s a scenario that needs it is a skip', (feature, config) => {
  const { features } = armProfile();
  const lacking = armProfile({ features: { ...features, [feature]: false } });
  expect(predictStage2(armScenario([], config), lacking).skip).toMatch(/^this processor/);
  expect(predictStage2(armScenario([], { ha: false }), lacking).skip).toBe(undefined);
});
