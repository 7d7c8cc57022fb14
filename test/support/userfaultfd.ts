import { checkUserfaultfd } from '../../src/cli/machine/checks.js';
import { thisMachine } from '../../src/cli/machine/machine.js';

/** Skips a test, with the reason in its report, where this user has no userfaultfd. */
export function needsUserfaultfd(skip: (reason: string) => void): void {
  const { status, detail } = checkUserfaultfd(thisMachine);
  if (status === 'missing') skip(`userfaultfd ${detail}`);
}
