import { readFileSync } from 'node:fs';
import type { CanaryResult } from '../canary/result.js';
import { FileError } from '../../corpus/file.js';
import { errnoCode, errnoSentence } from '../../util/errno.js';
import { printable } from '../../util/text.js';
import { type JournalText, parseJournal } from './journalText.js';
import { LegFold } from './legFold.js';
import { journalFile, settingsFile } from './paths.js';
import type { JournalRecord } from './records.js';
import { thinned } from './samples.js';
import { readSettings } from './settings.js';
import type { RunRecord, RunSettings, Sample } from './types.js';

/** Samples that a reader gets at most. */
const MAX_SAMPLES = 2000;

/**
 * Reads a run directory: of a campaign that ended, that still runs, or that was killed. Damage of the journal costs what is
 * damaged, and is among the `problems`.
 *
 * @throws {FileError} it is no run directory; one sentence with the file.
 */
export function readRun(directory: string): RunRecord {
  const settings = settingsOf(directory);
  const { records, bad } = readJournal(directory);
  const problems = bad.map(
    ({ line, reason }) => `${printable(journalFile(directory))}, line ${line}: ${reason}; the record is left out`,
  );
  return new RunFold(directory, settings, records).record(problems);
}

/** The journal of a run directory; an empty one when there is none yet. */
export function readJournal(directory: string): JournalText {
  const file = journalFile(directory);
  try {
    return parseJournal(readFileSync(file));
  } catch (error) {
    if (errnoCode(error) === 'ENOENT') return { records: [], bad: [], bytes: 0 };
    if (errnoCode(error) === undefined) throw error;
    throw new FileError(`${printable(file)} cannot be read: ${errnoSentence(error)}`);
  }
}

function settingsOf(directory: string): RunSettings {
  try {
    return readSettings(directory);
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    throw new FileError(`${printable(settingsFile(directory))}: ${error.message}`);
  }
}

/** Goes through the records in the order in which they were written. */
class RunFold {
  private readonly legs = new Map<number, LegFold>();
  private readonly samples: Sample[] = [];
  private canary: CanaryResult | undefined;
  private ended: RunRecord['ended'];
  private elapsedMs = 0;

  constructor(
    private readonly directory: string,
    private readonly settings: RunSettings,
    records: readonly JournalRecord[],
  ) {
    for (const record of records) this.add(record);
  }

  record(problems: readonly string[]): RunRecord {
    const { directory, settings, canary, elapsedMs, ended } = this;
    const legs = [...this.legs.values()].map((leg) => leg.record());
    const occurrences: Record<string, number> = {};
    for (const leg of legs)
      for (const [signature, count] of Object.entries(leg.occurrences))
        occurrences[signature] = (occurrences[signature] ?? 0) + count;
    const findings = legs.flatMap((leg) => leg.findings.map(({ finding }) => finding));
    const samples = thinned(this.samples, MAX_SAMPLES);
    return { directory, settings, legs, samples, findings, occurrences, canary, elapsedMs, ended, problems };
  }

  private add(record: JournalRecord): void {
    if ('elapsedMs' in record) this.elapsedMs = Math.max(this.elapsedMs, record.elapsedMs);
    switch (record.kind) {
      case 'sample': {
        const { elapsedMs, scenarios, rssBytes } = record;
        this.samples.push({ elapsedMs, scenarios, rssBytes });
        break;
      }
      case 'canary':
        this.canary = record.result;
        break;
      case 'resumed':
        this.ended = undefined;
        break;
      case 'ended':
        this.ended = record.why;
        break;
      case 'leg':
        // Once more after a resumption: the machine may be another one by then.
        this.legs.set(record.leg, LegFold.of(record, this.legs.get(record.leg)));
        break;
      default:
        this.legs.get(record.leg)?.add(record);
    }
  }
}
