import fc from 'fast-check';
import { expect, test } from 'vitest';
import { stage2Arbitrary } from '../../src/arbitraries/stage2.js';
import type { Stage2Scenario } from '../../src/scenario/stage2.js';
import { needsKvm } from '../support/kvm.js';
import { RealMachine } from './machine.js';
import { settled } from './open.js';

const SERIES = 80;
const LENGTH = 25;

test('a virtual machine that ran other scenarios shows what a new one shows', { timeout: 300_000 }, ({ skip }) => {
  needsKvm(skip);
  const machine = RealMachine.open();
  const counts = { scenarios: 0, reused: 0, skipped: 0, compared: 0, open: 0 };

  const same = (scenario: Stage2Scenario): void => {
    const used = machine.run(scenario);
    if (used === undefined) {
      counts.skipped++;
      return;
    }
    const fresh = machine.observe(scenario, { freshVm: true });
    expect(fresh.reused).toBe(false);
    const expected = settled(used.expectation, fresh);
    const { events, open } = settled(used.expectation, used.observation);
    expect(events).toEqual(expected.events);
    counts.scenarios++;
    counts.reused += used.observation.reused ? 1 : 0;
    counts.compared += events.length;
    counts.open += open;
  };

  const series = fc.array(stage2Arbitrary(machine.profile), { minLength: LENGTH, maxLength: LENGTH });
  try {
    fc.assert(
      fc.property(series, (scenarios) => {
        scenarios.forEach(same);
      }),
      { numRuns: SERIES, seed: 31, endOnFailure: true },
    );
  } finally {
    machine.close();
  }
  console.log(`reuse: ${JSON.stringify(counts)}`);
  expect(counts.reused).toBeGreaterThan(0.8 * counts.scenarios);
  expect(counts.compared).toBeGreaterThan(5 * counts.open);
});

test('a reset that leaks is noticed by that comparison', { timeout: 60_000 }, ({ skip }) => {
  needsKvm(skip);
  const machine = RealMachine.open();
  const differ = (scenario: Stage2Scenario): boolean => {
    const used = machine.run(scenario, { plant: 'skip_reset' });
    if (used === undefined) return false;
    const fresh = settled(used.expectation, machine.observe(scenario, { freshVm: true }));
    return fresh.events.join('\n') !== settled(used.expectation, used.observation).events.join('\n');
  };
  expect(machine.generate(100, 5).some(differ)).toBe(true);
  machine.close();
});
