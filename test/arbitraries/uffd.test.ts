import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { simplifyUffd, uffdComplexity } from '../../src/arbitraries/uffd/simplify.js';
import { uffdArbitrary } from '../../src/arbitraries/uffd.js';
import { applicableUffdRules } from '../../src/model/uffd/applicable.js';
import { predictUffd } from '../../src/model/uffd/predict.js';
import { parseUffd } from '../../src/scenario/parse.js';
import { IOCTL_NAMES } from '../../src/scenario/uffd/ioctls.js';
import { MEMORY_KINDS } from '../../src/scenario/uffd/memory.js';
import { uffdProfile } from '../model/uffd/support.js';

const RUNS = 3000;
/** Need several things at once: a split on the scarcest memory, or one while an event waits. */
const RARE = ['fill.split-hugetlb', 'fork.split', 'event.split', 'event.argument'];
const arbitrary = uffdArbitrary(uffdProfile());
const sample = fc.sample(arbitrary, { numRuns: RUNS, seed: 5 });

describe('what is generated', () => {
  test('is a valid scenario, also after a round trip through JSON', () => {
    for (const scenario of sample) expect(parseUffd(JSON.parse(JSON.stringify(scenario)))).toEqual(scenario);
  });

  test('is on every kind of memory, and makes every call that scenarios have a model for', () => {
    const calls = new Set(
      sample.flatMap(({ steps }) => steps.flatMap((step) => (step.kind === 'ioctl' ? [step.ioctl] : []))),
    );
    expect([...new Set(sample.map(({ config }) => config.memory))].sort()).toEqual([...MEMORY_KINDS].sort());
    expect([...calls].sort()).toEqual([...IOCTL_NAMES].sort());
  });

  test('exercises every rule that the machine can exercise', () => {
    const profile = uffdProfile();
    // Few scenarios fork, so that it takes many to see all that a fork does.
    const many = fc.sample(arbitrary, { numRuns: 4 * RUNS, seed: 7 });
    const decided = new Set(
      [...sample, ...many].flatMap((scenario) => [...predictUffd(scenario, profile).decided.keys()]),
    );
    expect(applicableUffdRules(profile).filter((id) => !decided.has(id) && !RARE.includes(id))).toEqual([]);
  });

  test('is mostly what the machine can execute', () => {
    const without = uffdProfile({
      features: { hugePages: false, device: false } as ReturnType<typeof uffdProfile>['features'],
    });
    const scenarios = fc.sample(uffdArbitrary(without), { numRuns: RUNS, seed: 6 });
    const skipped = scenarios.filter((scenario) => predictUffd(scenario, without).skip !== undefined);
    expect(skipped.length).toBeLessThan(RUNS / 100);
  });
});

test('each move of the reducer is valid and simpler', () => {
  for (const scenario of sample.slice(0, 100)) {
    for (const simpler of simplifyUffd(scenario)) {
      expect(parseUffd(simpler)).toEqual(simpler);
      expect(uffdComplexity(simpler)).toBeLessThan(uffdComplexity(scenario));
    }
  }
});
