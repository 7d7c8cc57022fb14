import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import { errnoSentence } from '../../util/errno.js';
import { oneLine } from '../../util/text.js';
import { TargetError } from '../targets/error.js';
import { openPipe, type Pipe, pollPipe } from '../targets/pipes.js';
import { dyingWithParent, findProgram } from '../targets/programs.js';
import type { AgentPipes } from './stream.js';

/** Time for ssh to connect, and for the agent to start there. */
const CONNECT_MS = 60_000;
const POLL_MS = 5;

/** An agent on another machine, behind ssh. */
export interface SshAgent extends AgentPipes {
  /** What ssh and the agent write to standard error. */
  readonly logPath: string;
  /** The last of it, or nothing. */
  diagnose(): string;
  kill(): void;
}

/** The program that reaches other machines, and the command that starts the agent there. */
export function sshCommand(host: string, env: NodeJS.ProcessEnv = process.env): { program: string; args: string[] } {
  const agent = env['FAULTLINE_AGENT'] ?? 'faultline-agent';
  // No question can be answered: there is no terminal. Everything else is for ~/.ssh/config to say.
  return { program: env['FAULTLINE_SSH'] ?? 'ssh', args: ['-T', '-o', 'BatchMode=yes', host, agent] };
}

/**
 * Starts the agent of another machine, and waits until it says something, which is left to be read.
 *
 * @param directory that gets the log.
 * @throws {TargetError} when there is no answer.
 */
export async function openSsh(host: string, directory: string): Promise<SshAgent> {
  mkdirSync(directory, { recursive: true });
  const logPath = join(directory, 'console.log');
  const { program, args } = sshCommand(host);
  const log = openSync(logPath, 'w');
  const [toAgent, fromAgent] = [openPipe(), openPipe()];
  const [command, ...rest] = dyingWithParent([program.includes('/') ? program : findProgram(program), ...args]);
  const child = spawn(command, rest, { stdio: [toAgent.readFd, fromAgent.writeFd, log] });
  // ssh has its own now; as long as these are open, a read would not end with it.
  for (const fd of [toAgent.readFd, fromAgent.writeFd, log]) closeSync(fd);
  const agent = new Running(child, toAgent, fromAgent, logPath);
  await agent.answers(`ssh:${host}`, program);
  return agent;
}

class Running implements SshAgent {
  readonly readFd: number;
  readonly writeFd: number;
  private open = true;
  /** How the program ended, in words. */
  private end: string | undefined;

  constructor(
    private readonly child: ChildProcess,
    toAgent: Pipe,
    fromAgent: Pipe,
    readonly logPath: string,
  ) {
    this.readFd = fromAgent.readFd;
    this.writeFd = toAgent.writeFd;
    child.once('error', (error) => (this.end = `cannot be started: ${errnoSentence(error)}`));
    child.once(
      'exit',
      (code, signal) => (this.end = `ended ${signal === null ? `with status ${code ?? '?'}` : `by ${signal}`}`),
    );
  }

  async answers(name: string, program: string): Promise<void> {
    const until = Date.now() + CONNECT_MS;
    for (;;) {
      const state = pollPipe(this.readFd);
      if (state === 'data') return;
      const late = Date.now() > until;
      if (late || (state === 'ended' && this.end !== undefined)) break;
      await delay(POLL_MS);
    }
    const end = this.end ?? `gave no answer in ${CONNECT_MS / 1000} s`;
    this.kill();
    const words = this.diagnose();
    const why = words === '' ? '' : ` (${words})`;
    throw new TargetError(
      `${name} has no agent that answers: ${program} ${end}${why}; put native/build/<arch>/faultline-agent on the PATH there, or set FAULTLINE_AGENT to its path there`,
    );
  }

  diagnose(): string {
    const last = readFileSync(this.logPath, 'utf8').trim().split('\n').at(-1) ?? '';
    return last === '' ? '' : `"${oneLine(last)}"`;
  }

  kill(): void {
    if (!this.open) return;
    this.open = false;
    this.child.kill('SIGKILL');
    closeSync(this.readFd);
    closeSync(this.writeFd);
  }
}
