import { expect, test } from 'vitest';
import { campaignExit } from '../../src/cli/fuzz.js';
import { aFinding, aLeg, aSummary } from '../support/summary.js';

const BROKEN = ['this campaign is broken: the canary was not caught'];

test.each([
  ['nothing to tell', aSummary(), 0],
  ['a finding', aSummary({ findings: [aFinding()] }), 1],
  ['a known divergence', aSummary({ findings: [aFinding({ known: 'an-id' })] }), 0],
  ['a canary that was missed', aSummary({ harness: BROKEN }), 3],
  // A campaign that is broken has found what it has found.
  ['that and a finding', aSummary({ harness: BROKEN, findings: [aFinding()] }), 1],
  [
    'nothing but skips',
    aSummary({ scenarios: 5, legs: [aLeg({ scenarios: 5, decided: {}, skips: { 'needs huge pages': 5 } })] }),
    4,
  ],
] as const)('the exit code of a campaign with %s', (_, summary, code) => {
  expect(campaignExit(summary)).toBe(code);
});
