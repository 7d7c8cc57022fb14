import type { TargetRun } from '../../src/triage/matrix.js';
import type { Replayed, ReplayStatus } from '../../src/triage/replay.js';

/** What came of replaying a pinned case. */
export function replayed(file: string, status: ReplayStatus, detail = ''): Replayed {
  const times = { times: 1, hits: 0, known: undefined, verdicts: [] };
  return { file, kind: 'pinned', title: `case ${file}`, status, detail, ...times };
}

/** What came of a corpus on a target. */
export function targetRun(target: string, results: readonly Replayed[], problem?: string): TargetRun {
  const machine = results.length > 0 ? `machine of ${target}` : undefined;
  return { target, machine, problem, results, runMs: 1500, startMs: 500 };
}
