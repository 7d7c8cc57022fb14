import type { Case } from '../corpus/case.js';
import { FileError } from '../corpus/file.js';
import { loadCase } from '../corpus/load.js';
import { printable } from '../util/text.js';
import { CommandError, EXIT } from './exit.js';
import { allFamilies, type AnyFamily, familyNamed, parsersOf } from './families.js';

/**
 * Reads the case that a command is about.
 *
 * @throws {CommandError} when the file is none.
 */
export async function readCase(file: string): Promise<{ readonly value: Case; readonly family: AnyFamily }> {
  try {
    const value = loadCase(file, parsersOf(await allFamilies()));
    return { value, family: await familyNamed(value.family) };
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    throw new CommandError(EXIT.usage, `${printable(file)}: ${error.message}`);
  }
}
