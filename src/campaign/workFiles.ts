import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { reserveBlackBox } from '../driver/blackBox.js';
import { errnoSentence } from '../util/errno.js';
import { CampaignError } from './campaignError.js';

/** What a worker leaves behind when it dies. */
export interface WorkFiles {
  readonly blackBox: string;
  /** The scenario of an execution outside the batches. */
  readonly scenario: string;
  /** Of the machine that it executes on, when that is its own. */
  readonly machine: string;
}

let made = 0;

/**
 * Places for the files of a new worker: in the run directory, or among the temporary files when the disk is full there. A
 * campaign that is killed then does not know what these workers were executing.
 *
 * @throws {CampaignError} there is no room anywhere.
 */
export function makeWorkFiles(runDir: string): WorkFiles {
  const name = `worker-${process.pid}-${++made}`;
  const places = [join(runDir, name), join(tmpdir(), `faultline-${name}`)];
  let problem = '';
  for (const place of places) {
    const files = { blackBox: `${place}.blackbox`, scenario: `${place}.scenario.json`, machine: `${place}.machine` };
    try {
      reserveBlackBox(files.blackBox);
      return files;
    } catch (error) {
      problem = `${files.blackBox}: ${errnoSentence(error)}`;
    }
  }
  throw new CampaignError(`a worker needs a file of 8 KiB: ${problem}`);
}
