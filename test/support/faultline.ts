import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** The program as a user starts it from a checkout. */
export const PROGRAM = fileURLToPath(new URL('../../bin/faultline.mjs', import.meta.url));

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface StartOptions {
  /** Working directory, in which `corpus` and `runs` are by default. */
  readonly cwd: string;
  readonly input?: string | undefined;
  readonly environment?: Readonly<Record<string, string>>;
  /** Command that the program is started through, such as `setpriv`. */
  readonly through?: readonly string[];
}

/** Runs `faultline ...args` to its end. */
export function faultline(args: readonly string[], options: StartOptions): Promise<Ended> {
  return runToEnd([...(options.through ?? []), process.execPath, PROGRAM, ...args], options);
}

/** Runs a command to its end. */
export function runToEnd(command: readonly string[], options: StartOptions): Promise<Ended> {
  const [file = '', ...args] = command;
  const child = spawn(file, args, { cwd: options.cwd, env: { ...process.env, ...options.environment } });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  // The program may end before it has read its input.
  child.stdin.on('error', () => undefined);
  child.stdin.end(options.input ?? '');
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      // What the start of a stale checkout says is not the program's.
      resolve({ code, stdout, stderr: stderr.replace(/^faultline: .*…\n/gm, '') });
    });
  });
}
