import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { RunRecord } from '../../campaign/run/types.js';
import { RUN_SCHEMA } from '../../campaign/run/types.js';
import type { CampaignSummary } from '../../campaign/types.js';
import { FileError } from '../../corpus/file.js';
import { errnoCode, errorMessage } from '../../util/errno.js';
import { printable } from '../../util/text.js';

/** What a run of before there were journals has. */
export const summaryFile = (runDir: string): string => join(runDir, 'summary.json');

/** A run of which only its summary is left: without samples, pairs, and what was asked for. Throws a {@link FileError}. */
export function readSummaryRun(directory: string): RunRecord {
  const file = summaryFile(directory);
  try {
    const summary = JSON.parse(readFileSync(file, 'utf8')) as CampaignSummary;
    return recordOf(directory, summary, statSync(file).mtimeMs);
  } catch (error) {
    if (errnoCode(error) === undefined && !(error instanceof SyntaxError) && !(error instanceof TypeError)) throw error;
    throw new FileError(`${printable(file)}: ${errorMessage(error)}`);
  }
}

function recordOf(directory: string, summary: CampaignSummary, endedMs: number): RunRecord {
  const { seed, elapsedMs, ended, findings, occurrences = {}, harness, canary } = summary;
  const families = [...new Set(summary.legs.map(({ family }) => family))];
  const legs = summary.legs.map(({ unexercised, ...leg }, index) => ({
    leg: index,
    ...leg,
    applicable: [...new Set([...Object.keys(leg.decided), ...unexercised])],
    occurrences: {},
    harness: index === 0 ? Object.fromEntries(harness.map((line) => [line, 1])) : {},
    pairs: leg.pairs,
    ...{ findings: [], aliases: {}, done: [], open: [] },
  }));
  const startedAt = new Date(endedMs - elapsedMs).toISOString();
  return {
    directory,
    settings: {
      ...{ schema: RUN_SCHEMA, families, targets: [], seed, workers: 0, budgets: {}, plant: 'none' },
      ...{ corpusDir: '', startedAt },
    },
    ...{ legs, samples: [], findings, occurrences, canary, elapsedMs, ended, problems: [] },
  };
}
