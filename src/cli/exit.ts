import { TargetError } from '../driver/targets/error.js';
import { errorMessage } from '../util/errno.js';

/** Exit codes of every command. */
export const EXIT = {
  /** Everything matched. */
  ok: 0,
  /** A divergence, crash or hang that no known divergence explains. */
  divergence: 1,
  /** Wrong arguments, or a file that is not what it must be. */
  usage: 2,
  /** The tool itself failed. */
  harness: 3,
  /** Nothing could run on this machine. */
  skipped: 4,
  /** The user ended it before it was done. */
  interrupted: 130,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** The command cannot go on, by no fault of the tool. The message is a sentence that says what to do. */
export class CommandError extends Error {
  override readonly name = 'CommandError';

  constructor(
    readonly exitCode: typeof EXIT.usage | typeof EXIT.skipped,
    message: string,
  ) {
    super(message);
  }
}

/** The tool itself failed; printed as `HARNESS: …`. */
export class HarnessError extends Error {
  override readonly name = 'HarnessError';
}

/** The user asked for the end. */
export class InterruptError extends Error {
  override readonly name = 'InterruptError';
}

/** What the user reads of an error that ends a command, and the exit code. */
export function explainError(error: unknown): { readonly line: string; readonly code: ExitCode } {
  if (error instanceof CommandError) return { line: `faultline: ${error.message}`, code: error.exitCode };
  if (error instanceof TargetError) return { line: `faultline: ${error.message}`, code: EXIT.skipped };
  if (error instanceof InterruptError) return { line: `faultline: ${error.message}`, code: EXIT.interrupted };
  return { line: `HARNESS: ${errorMessage(error)}`, code: EXIT.harness };
}
