import { profileFacts } from '../../corpus/profile-facts.js';
import { toJson } from '../json.js';
import type { ReplayReport } from './document.js';

/** One object for scripts; docs/schema/replay.schema.json describes it. */
export function jsonReport(report: ReplayReport): string {
  const { id, target, startedAt, durationMs, times, exitCode, broken, suites, refused, problems } = report;
  const cases = suites.flatMap(({ family, results }) =>
    results.map(({ name, replayed, startedAt: caseStartedAt, durationMs: caseMs }) => ({
      name,
      family,
      ...replayed,
      startedAt: caseStartedAt.toISOString(),
      durationMs: caseMs,
    })),
  );
  const machines = suites.flatMap(({ family, profile }) =>
    profile === undefined ? [] : [{ family, facts: profileFacts(profile) }],
  );
  const errors = [...refused, ...problems].map(({ file, problem, line }) => ({ file, problem, line }));
  const run = { exitCode, id, target, startedAt: startedAt.toISOString(), durationMs, times, broken };
  return `${toJson('replay', { ...run, machines, cases, errors })}\n`;
}
