import { plural } from '../util/text.js';
import type { Leg } from './leg.js';
import type { CampaignSummary, Progress, ProgressDetail } from './types.js';
import type { Watches } from './kernel/watches.js';

/** How a campaign goes, over all its legs. */
export function progressOf(legs: readonly Leg[], elapsedMs: number, workers: number, rssBytes: number): Progress {
  const scenarios = sum(legs, ({ counts }) => counts.scenarios);
  const applicable = sum(legs, ({ crew }) => crew.ready.applicable.length);
  const pids = legs.flatMap(({ crew }) => crew.pids);
  return {
    elapsedMs,
    scenarios,
    perSecond: elapsedMs === 0 ? 0 : (scenarios * 1000) / elapsedMs,
    findings: sum(legs, ({ findings }) => findings.unlabelled),
    known: sum(legs, ({ known }) => total(known)),
    skips: sum(legs, ({ counts }) => counts.skips.total),
    rulesExercised: applicable - sum(legs, ({ counts, crew }) => counts.unexercised(crew.ready.applicable).length),
    rulesApplicable: applicable,
    workers: Math.min(pids.length, workers),
    detail: {
      investigating: sum(legs, ({ investigating }) => investigating),
      leastCovered: leastCovered(legs),
      slots: legs.flatMap(({ slots }) => slots),
      wedged: sum(legs, ({ crew }) => crew.wedged.length),
      rssBytes,
    },
  };
}

function leastCovered(legs: readonly Leg[]): ProgressDetail['leastCovered'] {
  const all = legs.flatMap(({ counts, crew }) => counts.leastCovered(crew.ready.applicable) ?? []);
  return all.sort((a, b) => a.count - b.count)[0];
}

interface Ending extends Pick<CampaignSummary, 'seed' | 'ended' | 'elapsedMs' | 'rssBytes' | 'harness' | 'canary'> {
  readonly watches: Watches;
}

/** What came of a campaign. */
export function summaryOf(legs: readonly Leg[], { watches, harness, ...ending }: Ending): CampaignSummary {
  const summaries = legs.map((leg) => leg.summary());
  const faults = legs.flatMap(({ counts }) => Object.entries(counts.harness.toRecord()));
  return {
    ...ending,
    scenarios: sum(summaries, ({ scenarios }) => scenarios),
    legs: summaries,
    findings: legs.flatMap(({ findings }) => findings.all),
    workerRestarts: sum(summaries, ({ workerRestarts }) => workerRestarts),
    harness: [...harness, ...faults.map(([text, n]) => (n === 1 ? text : `${text} (${plural(n, 'time')})`))],
    occurrences: added(legs.map(({ occurrences }) => occurrences)),
    unattributed: watches.unattributed,
    wedged: legs.flatMap(({ crew }) => crew.wedged),
  };
}

function added(records: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const [name, count] of records.flatMap((record) => Object.entries(record)))
    sums[name] = (sums[name] ?? 0) + count;
  return sums;
}

function total(record: Readonly<Record<string, number>>): number {
  return sum(Object.values(record), (count) => count);
}

function sum<T>(values: readonly T[], of: (value: T) => number): number {
  return values.reduce((all, value) => all + of(value), 0);
}
