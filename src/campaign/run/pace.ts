const COMMIT_MS = { least: 2000, most: 30_000 } as const;
const SAMPLE_MS = 10_000;
/** Intervals grow to this part of the time that a campaign has run, so that the journal of a night stays small. */
const PART = 1 / 500;

/** Time from one record of a leg's totals to the next; a kill costs at most so much work. */
export function commitInterval(elapsedMs: number): number {
  return Math.min(COMMIT_MS.most, Math.max(COMMIT_MS.least, elapsedMs * PART));
}

/** Time from one sample to the next. */
export function sampleInterval(elapsedMs: number): number {
  return Math.max(SAMPLE_MS, elapsedMs * PART);
}
