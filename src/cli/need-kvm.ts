import { CommandError, EXIT } from './exit.js';
import { checkKvm } from './machine/checks.js';
import { thisMachine } from './machine/machine.js';

/**
 * Ends the command as skipped, with the command that mends it, where nothing can be executed.
 *
 * @throws {CommandError}
 */
export function needKvm(): void {
  const { status, name, detail, mend } = checkKvm(thisMachine);
  if (status === 'ok') return;
  throw new CommandError(EXIT.skipped, `skipped: ${name} ${detail}; to mend it: ${mend ?? 'see faultline doctor'}`);
}
