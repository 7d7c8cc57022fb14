/** Directories of runs, whatever version wrote them. */
import { existsSync } from 'node:fs';
import { settingsFile, summaryFile } from './paths.js';
import { readRun } from './read.js';
import { readSummaryRun } from './readSummary.js';
import type { RunRecord } from './types.js';

export function isRunDirectory(path: string): boolean {
  return existsSync(settingsFile(path)) || existsSync(summaryFile(path));
}

/**
 * Reads a run from its journal or, where it has none, from its summary.
 *
 * @throws {FileError} it is no run directory; one sentence with the file.
 */
export function readAnyRun(directory: string): RunRecord {
  return existsSync(settingsFile(directory)) ? readRun(directory) : readSummaryRun(directory);
}
