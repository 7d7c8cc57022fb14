import type { LegRecord, RunRecord } from '../../src/campaign/run/types.js';
import { ableProfile } from './scenario.js';

/** Three fields of which two values exclude each other, and two never met. */
export function somePairs(): NonNullable<LegRecord['pairs']> {
  return {
    fields: [
      { name: 'vcpus', values: ['1', '2'] },
      { name: 'tracking', values: ['bitmap', 'ring'] },
      { name: 'backing', values: ['anon', 'memfd', 'hugetlb'] },
    ],
    counts: { '0,1': [40, 0, 3, 1000], '0,2': [7, -1, 7, 7, 7, 7], '1,2': [1, 2, 3, 4, 5, 6] },
  };
}

export function someOutcomes(): NonNullable<LegRecord['outcomes']> {
  return {
    counts: { 'COPY ok': 1200, 'COPY EEXIST': 3, 'MOVE EFAULT': 1 },
    documented: [
      { name: 'COPY ok' },
      { name: 'COPY EPERM' },
      { name: 'MOVE EBUSY' },
      { name: 'MOVE ENOMEM', impossible: 'there is always room' },
    ],
  };
}

export function aLeg(changes: Partial<LegRecord> = {}): LegRecord {
  return {
    leg: 0,
    family: 'stage2',
    target: 'local',
    profile: ableProfile(),
    applicable: ['dirty.write', 'access.fetch', 'uffd.missing'],
    scenarios: 842_208,
    elapsedMs: 60_000,
    decided: { 'dirty.write': 12_345, 'access.fetch': 7 },
    skips: { 'there are no free huge pages': 12 },
    known: { 'no-accessed-bit': 3 },
    configurations: { 'CPL0 bitmap anon': 800_000, 'CPL3 ring memfd': 42_208 },
    occurrences: {},
    harness: {},
    workerRestarts: 0,
    pairs: somePairs(),
    outcomes: someOutcomes(),
    findings: [],
    aliases: {},
    done: [],
    open: [],
    ...changes,
  };
}

/** A run of a minute that found nothing. */
export function aRun(changes: Partial<RunRecord> = {}): RunRecord {
  return {
    directory: 'runs/night',
    settings: {
      schema: 1,
      families: ['stage2'],
      targets: [{ kind: 'local' }],
      seed: 7,
      workers: 2,
      budgets: { timeMs: 60_000 },
      plant: 'none',
      corpusDir: '/corpus',
      startedAt: '2026-11-21T22:00:00.000Z',
    },
    legs: [aLeg()],
    samples: [0, 10, 20, 30].map((seconds) => ({
      elapsedMs: 1000 * seconds,
      scenarios: 1400 * seconds,
      rssBytes: 200 * 2 ** 20,
    })),
    findings: [],
    occurrences: {},
    canary: { family: 'stage2', target: 'local', plants: [], caught: true, detail: 'drop_dirty_bit' },
    elapsedMs: 60_000,
    ended: 'budget',
    problems: [],
    ...changes,
  };
}
