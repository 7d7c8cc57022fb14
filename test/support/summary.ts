import type { CampaignSummary, Finding, LegSummary } from '../../src/campaign/types.js';
import { ableProfile, simplestScenario } from './scenario.js';

export function aFinding(changes: Partial<Finding> = {}): Finding {
  const mismatch = { rule: 'dirty.write', step: 1, expected: 'page 0 is dirty', observed: 'no page is dirty' };
  return {
    signature: 'stage2/dirty.write/store anon log',
    family: 'stage2',
    target: 'local',
    known: undefined,
    verdict: { kind: 'divergence', mismatches: [mismatch] },
    mismatches: [mismatch],
    scenario: simplestScenario(),
    original: simplestScenario(),
    timeline: [
      { step: 'store 8 bytes to data page 0', expected: ['done'], observed: ['done'] },
      { step: 'get the dirty log of data', expected: ['page 0'], observed: [] },
    ],
    reproduction: { tries: 10, hits: 9, freshTries: 5, freshHits: 5 },
    seed: 7,
    path: '12:0:1',
    shard: { seed: 7, from: 12, to: 13 },
    minimized: '40 executions',
    file: 'corpus/stage2/dirty.write-00000000.json',
    saveError: undefined,
    ...changes,
  };
}

export function aLeg(changes: Partial<LegSummary> = {}): LegSummary {
  return {
    family: 'stage2',
    target: 'local',
    profile: ableProfile(),
    scenarios: 120_000,
    elapsedMs: 60_000,
    configurations: { 'anon log': 100_000, shmem: 20_000 },
    decided: { 'dirty.write': 500, 'mem.read': 120_000, 'walk.accessed': 3 },
    unexercised: ['walk.dirty'],
    skips: {},
    known: {},
    workerRestarts: 0,
    ...changes,
  };
}

export function aSummary(changes: Partial<CampaignSummary> = {}): CampaignSummary {
  return {
    seed: 7,
    ended: 'budget',
    elapsedMs: 60_000,
    scenarios: 120_000,
    legs: [aLeg()],
    findings: [],
    workerRestarts: 0,
    rssBytes: { start: 100 * 2 ** 20, peak: 150 * 2 ** 20, end: 120 * 2 ** 20 },
    harness: [],
    ...changes,
  };
}
