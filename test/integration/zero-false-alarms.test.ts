import { expect, test } from 'vitest';
import { needsKvm } from '../support/kvm.js';
import { knownId } from './known.js';
import { RealMachine } from './machine.js';

const SCENARIOS = 5000;
const SEED = 20_260;

test('generated scenarios diverge in known ways only', { timeout: 300_000 }, ({ skip }) => {
  needsKvm(skip);
  const machine = RealMachine.open();
  const counts: Record<string, number> = {};
  const alarms: unknown[] = [];
  for (const scenario of machine.generate(SCENARIOS, SEED)) {
    const executed = machine.run(scenario);
    const kind = executed?.verdict.kind ?? 'skip';
    const known = executed && knownId(executed, machine.profile);
    const label = known ?? kind;
    counts[label] = (counts[label] ?? 0) + 1;
    if (known === undefined && kind !== 'match' && kind !== 'skip')
      alarms.push({ verdict: executed?.verdict, scenario: JSON.stringify(scenario) });
  }
  machine.close();
  console.log(`${SCENARIOS} scenarios: ${JSON.stringify(counts)}`);
  expect(alarms).toEqual([]);
  expect(counts['match']).toBeGreaterThan(SCENARIOS * 0.95);
});
