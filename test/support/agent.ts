import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, writeSync } from 'node:fs';
import { AGENT_MAGIC, AGENT_VERSION, KIND } from '../../src/driver/remote/protocol.js';
import type { AgentPipes } from '../../src/driver/remote/stream.js';
import { openPipe } from '../../src/driver/targets/pipes.js';
import { WIRE_VERSION } from '../../src/driver/wire/spec.js';

/** A message as an agent writes it, or as it should not. */
export function message(
  kind: number,
  number: number,
  payload: Uint8Array = new Uint8Array(0),
  header: { readonly magic?: number; readonly version?: number; readonly size?: number } = {},
): Buffer {
  const bytes = Buffer.alloc(16 + payload.length);
  bytes.writeUInt32LE(header.magic ?? AGENT_MAGIC, 0);
  bytes.writeUInt16LE(kind, 4);
  bytes.writeUInt16LE(header.version ?? AGENT_VERSION, 6);
  bytes.writeUInt32LE(header.size ?? payload.length, 8);
  bytes.writeUInt32LE(number, 12);
  bytes.set(payload, 16);
  return bytes;
}

export function hello(wireVersion = WIRE_VERSION): Buffer {
  const payload = Buffer.alloc(104);
  payload.writeUInt16LE(wireVersion, 0);
  payload.writeUInt32LE(4711, 4);
  payload.write('0.1.0', 8);
  payload.write('6.12.0-test', 40);
  return message(KIND.hello, 0, payload);
}

export function trouble(
  reason: number,
  number: number,
  sentence: string,
  inFlight?: { readonly id: bigint; readonly step: number },
): Buffer {
  const payload = Buffer.alloc(16 + Buffer.byteLength(sentence));
  payload.writeUInt16LE(reason, 0);
  payload.writeUInt16LE(inFlight === undefined ? 0 : 1, 2);
  payload.writeUInt32LE(inFlight?.step ?? 0, 4);
  payload.writeBigUInt64LE(inFlight?.id ?? 0n, 8);
  payload.write(sentence, 16);
  return message(KIND.trouble, number, payload);
}

/** The other side of a stream, on which a test has already written what the agent is going to answer. */
export class Script {
  readonly pipes: AgentPipes;
  private readonly ends: number[];

  /** @param ended nothing comes behind what is written. */
  constructor(written: readonly Uint8Array[], { ended = false } = {}) {
    const [toAgent, fromAgent] = [openPipe(), openPipe()];
    this.pipes = { readFd: fromAgent.readFd, writeFd: toAgent.writeFd };
    this.ends = [toAgent.readFd, fromAgent.readFd, toAgent.writeFd];
    for (const bytes of written) writeSync(fromAgent.writeFd, bytes);
    if (ended) closeSync(fromAgent.writeFd);
    else this.ends.push(fromAgent.writeFd);
  }

  close(): void {
    for (const fd of this.ends.splice(0)) closeSync(fd);
  }
}

/** An agent in a process of its own. */
export class AgentProcess {
  readonly pipes: AgentPipes;
  readonly exited: Promise<{ readonly code: number | null; readonly stderr: string }>;
  private readonly child: ChildProcess;
  private open = true;

  constructor(path: string) {
    const [toAgent, fromAgent] = [openPipe(), openPipe()];
    this.child = spawn(path, [], { stdio: [toAgent.readFd, fromAgent.writeFd, 'pipe'] });
    closeSync(toAgent.readFd);
    closeSync(fromAgent.writeFd);
    this.pipes = { readFd: fromAgent.readFd, writeFd: toAgent.writeFd };
    let stderr = '';
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    this.exited = new Promise((resolve, reject) => {
      this.child.once('error', reject);
      this.child.once('close', (code) => {
        resolve({ code, stderr });
      });
    });
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  kill(signal: NodeJS.Signals = 'SIGKILL'): void {
    this.child.kill(signal);
  }

  close(): void {
    if (!this.open) return;
    this.open = false;
    closeSync(this.pipes.readFd);
    closeSync(this.pipes.writeFd);
  }
}
