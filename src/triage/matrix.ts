import { REPLAY_STATUSES, type Replayed, type ReplayStatus } from './replay.js';

/** What came of a corpus on one target. */
export interface TargetRun {
  /** As the user names it: `qemu:arm64-6.12`. */
  readonly target: string;
  /** The machine in words; undefined when it could not be reached. */
  readonly machine: string | undefined;
  /** Why nothing ran on it, in one sentence. */
  readonly problem: string | undefined;
  readonly results: readonly Replayed[];
  /** Time of all executions, and of booting before them, in milliseconds. */
  readonly runMs: number;
  readonly startMs: number;
}

/** One case on one target. */
export interface Cell {
  readonly status: ReplayStatus | 'unreached';
  /** Why, in one sentence; empty where all is well. */
  readonly detail: string;
}

/** One case on every target, in the order of the targets. */
export interface Row {
  readonly file: string;
  readonly title: string;
  readonly cells: readonly Cell[];
  /** Some targets agree with the model and others do not. */
  readonly differs: boolean;
}

/** A corpus on several targets side by side. */
export interface Matrix {
  readonly targets: readonly TargetRun[];
  readonly rows: readonly Row[];
}

/** Puts the results of the targets side by side; rows are in the order of the first target that was reached. */
export function matrixOf(targets: readonly TargetRun[]): Matrix {
  const byTarget = targets.map(({ results }) => new Map(results.map((result) => [result.file, result])));
  const titles = new Map(targets.flatMap(({ results }) => results.map(({ file, title }) => [file, title] as const)));
  const rows = [...titles].map(([file, title]): Row => {
    const cells = byTarget.map((results, i) => cellOf(results.get(file), targets[i]?.problem));
    return { file, title, cells, differs: differ(cells) };
  });
  return { targets, rows };
}

function cellOf(result: Replayed | undefined, problem: string | undefined): Cell {
  if (result !== undefined) return { status: result.status, detail: result.detail };
  return { status: 'unreached', detail: problem ?? 'the target was lost before' };
}

/** What a status says of the machine; skips and faults of the tool say nothing. */
function agrees(status: Cell['status']): boolean | undefined {
  if (status === 'unreached') return undefined;
  const { severity } = REPLAY_STATUSES[status];
  if (severity === 'skip' || severity === 'harness') return undefined;
  return status === 'ok' || status === 'gone';
}

function differ(cells: readonly Cell[]): boolean {
  const said = cells.map(({ status }) => agrees(status)).filter((says) => says !== undefined);
  return new Set(said).size > 1;
}

/** How often each status came up on one target. */
export function countsOf({ rows }: Matrix, column: number): ReadonlyMap<Cell['status'], number> {
  const counts = new Map<Cell['status'], number>();
  for (const { cells } of rows) {
    const status = cells[column]?.status;
    if (status !== undefined) counts.set(status, (counts.get(status) ?? 0) + 1);
  }
  return counts;
}
