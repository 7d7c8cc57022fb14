import { existsSync } from 'node:fs';
import { writeDurably } from '../../util/durable.js';
import { errnoSentence } from '../../util/errno.js';
import { printable } from '../../util/text.js';
import { RunError } from './error.js';
import { Journal } from './journal.js';
import { RunLock } from './lock.js';
import { journalFile, settingsFile } from './paths.js';
import { readJournal, readRun } from './read.js';
import type { RunRecord, RunSettings } from './types.js';

/** A run directory that this process alone writes to. */
export interface OpenRun {
  readonly journal: Journal;
  /** What a campaign that was killed or interrupted left; undefined: this one begins. */
  readonly before: RunRecord | undefined;
  close(): void;
}

/**
 * Begins a campaign in a directory that exists.
 *
 * @param onProblem told in one sentence what is wrong with the journal while the campaign runs.
 * @throws {RunError} there is a campaign already, or the directory cannot be written.
 */
export function createRun(runDir: string, settings: RunSettings, onProblem: (sentence: string) => void): OpenRun {
  return opened(runDir, () => {
    if (existsSync(settingsFile(runDir)))
      throw new RunError(
        `${printable(runDir)} holds a campaign already: go on with it by --resume ${printable(runDir)}, or name another --run-dir`,
      );
    try {
      writeDurably(settingsFile(runDir), `${JSON.stringify(settings, undefined, 2)}\n`);
    } catch (error) {
      throw new RunError(`the run directory ${printable(runDir)} cannot be written: ${errnoSentence(error)}`);
    }
    return { journal: new Journal(journalFile(runDir), 0, onProblem), before: undefined };
  });
}

/**
 * Goes on with the campaign of a directory. Cuts off what of the journal was torn.
 *
 * @throws {RunError} it is finished, or another process goes on with it.
 * @throws {FileError} it is no run directory.
 */
export function resumeRun(runDir: string, onProblem: (sentence: string) => void): OpenRun {
  // Told before a lock is left in a directory that holds no campaign.
  readRun(runDir);
  return opened(runDir, () => {
    const before = readRun(runDir);
    if (before.ended === 'budget')
      throw new RunError(`the campaign in ${printable(runDir)} is finished: its budget is spent; start a new one`);
    before.problems.forEach(onProblem);
    const journal = new Journal(journalFile(runDir), readJournal(runDir).bytes, onProblem);
    journal.append({ kind: 'resumed', at: new Date().toISOString() });
    return { journal, before };
  });
}

function opened(runDir: string, open: () => Omit<OpenRun, 'close'>): OpenRun {
  const lock = RunLock.take(runDir);
  try {
    const run = open();
    const close = (): void => {
      run.journal.close();
      lock.release();
    };
    return { ...run, close };
  } catch (error) {
    lock.release();
    throw error;
  }
}
