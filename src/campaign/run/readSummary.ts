/** Runs of which only `summary.json` is left, or whose version had nothing else. */
import { readFileSync, statSync } from 'node:fs';
import { FileError } from '../../corpus/file.js';
import { errnoCode, errorMessage } from '../../util/errno.js';
import { printable } from '../../util/text.js';
import type { CampaignSummary, Finding, LegSummary } from '../types.js';
import { summaryFile } from './paths.js';
import { RUN_SCHEMA, type LegRecord, type RunRecord } from './types.js';

/** Of before campaigns had several legs: its only leg is spread over it, and findings do not say their target. */
type FlatSummary = Omit<CampaignSummary, 'legs' | 'ended'> & Omit<LegSummary, 'target' | 'elapsedMs'>;

/**
 * Reads the summary of a run: a record without samples and without what was asked for.
 *
 * @throws {FileError} it cannot be read, or is no summary.
 */
export function readSummaryRun(directory: string): RunRecord {
  const file = summaryFile(directory);
  try {
    const summary = JSON.parse(readFileSync(file, 'utf8')) as CampaignSummary | FlatSummary;
    return recordOf(directory, 'legs' in summary ? summary : withLeg(summary), statSync(file).mtimeMs);
  } catch (error) {
    if (errnoCode(error) === undefined && !(error instanceof SyntaxError) && !(error instanceof TypeError)) throw error;
    throw new FileError(`${printable(file)} is no summary of a campaign: ${errorMessage(error)}`);
  }
}

function withLeg(flat: FlatSummary): CampaignSummary {
  const { target } = flat.profile;
  const findings = flat.findings.map((finding) => ({ ...finding, target }));
  return { ...flat, ended: 'budget', legs: [{ ...flat, target }], findings };
}

function recordOf(directory: string, summary: CampaignSummary, endedMs: number): RunRecord {
  const { seed, elapsedMs, ended, findings, occurrences = {}, harness, canary } = summary;
  const families = [...new Set(summary.legs.map(({ family }) => family))];
  const legs = summary.legs.map((leg, number) => legOf(leg, number, summary));
  const startedAt = new Date(endedMs - elapsedMs).toISOString();
  const [first, ...others] = legs;
  const told = first && { ...first, harness: Object.fromEntries(harness.map((line) => [line, 1])) };
  return {
    directory,
    settings: {
      ...{ schema: RUN_SCHEMA, families, targets: [], seed, workers: 0, budgets: {}, plant: 'none' },
      ...{ corpusDir: '', startedAt },
    },
    legs: told === undefined ? [] : [told, ...others],
    ...{ samples: [], findings, occurrences, canary, elapsedMs, ended, problems: [] },
  };
}

function legOf({ unexercised, ...leg }: LegSummary, number: number, summary: CampaignSummary): LegRecord {
  const mine = ({ family, target }: Finding): boolean => family === leg.family && target === leg.target;
  const findings = summary.findings.filter(mine).map((finding) => ({ finding, settled: true }));
  const ofFamily = Object.entries(summary.occurrences ?? {}).filter(([name]) => name.startsWith(`${leg.family}/`));
  return {
    ...leg,
    leg: number,
    applicable: [...new Set([...Object.keys(leg.decided), ...unexercised])],
    // They are counted over all targets: no target is charged with more than one of each.
    occurrences: Object.fromEntries(summary.legs.length === 1 ? ofFamily : []),
    pairs: leg.pairs,
    ...{ findings, harness: {}, aliases: {}, done: [], open: [] },
  };
}
