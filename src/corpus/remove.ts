import { dirname } from 'node:path';
import { rmSync } from 'node:fs';
import { syncDirectory } from '../util/directory.js';
import { errnoCode, errnoSentence } from '../util/errno.js';
import { FileError } from './file.js';
import { formatCase } from './format.js';
import { loadCase, type LoadedCase, type ScenarioParsers } from './load.js';

/** A case is still in its file, as it was loaded: no campaign has replaced it, and nobody has edited or removed it. */
export function isUnchanged({ file, case: value }: LoadedCase, parsers: ScenarioParsers): boolean {
  try {
    return formatCase(loadCase(file, parsers)) === formatCase(value);
  } catch (error) {
    if (error instanceof FileError) return false;
    throw error;
  }
}

/**
 * Removes the file of a case, durably.
 *
 * @throws {FileError} when it cannot be removed; one sentence.
 */
export function removeCase(file: string): void {
  try {
    rmSync(file);
    syncDirectory(dirname(file));
  } catch (error) {
    if (errnoCode(error) === undefined) throw error;
    throw new FileError(`it could not be removed: ${errnoSentence(error)}`);
  }
}
