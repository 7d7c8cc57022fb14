import { expect, test } from 'vitest';
import type { Mismatch } from '../../src/oracle/verdict.js';
import { needsKvm } from '../support/kvm.js';
import { knownId } from './known.js';
import { RealMachine } from './machine.js';

interface Found {
  readonly after: number;
  readonly mismatch: Mismatch;
}

/** Runs scenarios with a deliberate fault of the driver until one diverges. */
function find(plant: string, limit: number): Found | undefined {
  const machine = RealMachine.open();
  try {
    for (const [index, scenario] of machine.generate(limit, 7).entries()) {
      const executed = machine.run(scenario, { plant });
      if (executed?.verdict.kind !== 'divergence' || knownId(executed, machine.profile) !== undefined) continue;
      return { after: index + 1, mismatch: executed.verdict.mismatches[0] };
    }
    return undefined;
  } finally {
    machine.close();
  }
}

test.for([
  ['drop_dirty_bit', /^(dirty|ring)\./, 300],
  ['flip_read_value', /^(access|mmio)\./, 50],
  ['swallow_mmio', /^(mmio|readonly|host|uffd)\./, 100],
  ['skip_reset', /./, 50],
] as const)('the fault %s of the driver is found', { timeout: 120_000 }, ([plant, rules, limit], { skip }) => {
  needsKvm(skip);
  const found = find(plant, limit);
  console.log(`${plant}: ${JSON.stringify(found)}`);
  expect(found?.mismatch.rule).toMatch(rules);
});
