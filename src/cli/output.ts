import process from 'node:process';
import type { ScreenSize } from '../report/live/screen.js';
import { type Terminal, terminalOf } from '../report/terminal.js';
import { errnoCode } from '../util/errno.js';

/** Where a command prints: results to `out`, progress and errors to `err`. */
export interface Output {
  readonly out: Printer;
  readonly err: Printer;
}

export interface Printer {
  readonly terminal: Terminal;
  /** The size of the terminal at this moment. */
  readonly size: () => ScreenSize;
  /** Prints lines. */
  readonly print: (...lines: readonly string[]) => void;
  /** Prints text as it is. */
  readonly write: (text: string) => void;
}

/** Output to this process's own streams. */
export function standardOutput(): Output {
  return { out: printer(process.stdout), err: printer(process.stderr) };
}

function printer(stream: NodeJS.WriteStream): Printer {
  const terminal = terminalOf(stream, process.env);
  let open = true;
  // A reader that has gone away (`| head`) ends the printing, not the work: findings are kept, the exit code stays true.
  stream.on('error', (error: Error) => {
    open = false;
    if (errnoCode(error) !== 'EPIPE') process.exitCode = 3;
  });
  const write = (text: string): void => {
    if (open) stream.write(text);
  };
  return {
    terminal,
    // A terminal without a size has room for one line.
    size: () => ({ columns: stream.columns || terminal.columns, rows: stream.rows || 1 }),
    write,
    print: (...lines) => {
      if (lines.length > 0) write(`${lines.join('\n')}\n`);
    },
  };
}
