import { BlackBoxWriter, requestStarts } from '../blackBox.js';
import { type Driver, DriverError } from '../library.js';
import { TargetError } from '../targets/error.js';
import { errnoSentence } from '../../util/errno.js';
import { oneLine } from '../../util/text.js';
import { type Frames, splitFrames } from '../wire/frames.js';
import { WIRE_VERSION, wireOffsets } from '../wire/spec.js';
import { TargetLost } from './lost.js';
import {
  AGENT_MAGIC,
  AGENT_VERSION,
  decodeHello,
  decodeTrouble,
  HEADER_BYTES,
  type Hello,
  KIND,
  type Kind,
  MAX_ANSWER_BYTES,
  MAX_REQUEST_BYTES,
  MAX_SENTENCE,
  type Trouble,
  TROUBLE,
} from './protocol.js';
import { type AgentPipes, AgentStream, StreamError } from './stream.js';

const REQUEST = wireOffsets('head');
/** Time for an agent that has been started to greet. */
const HELLO_MS = 30_000;
/** Time for an agent to take its leave. */
const BYE_MS = 1000;
const SHOWN_BYTES = 80;

export interface AgentOptions {
  /** As users name the target: `ssh:kvm-box`. */
  readonly name: string;
  /** An agent may be silent for this long beyond the deadlines of what it executes. */
  readonly marginMs: number;
  readonly helloMs?: number;
  /** What the machine has to say about why its agent is gone or silent, or nothing. */
  readonly explain?: () => string;
  /** Called once nobody will talk to the agent any more. */
  readonly onClose?: () => void;
}

/** The driver of another machine, behind a stream. */
export interface AgentDriver extends Driver {
  readonly hello: Hello;
  /** Sends these bytes there and back. */
  ping(payload: Uint8Array): Uint8Array;
}

/**
 * Waits for an agent's greeting.
 *
 * @throws {TargetError} when none comes, or it is that of another version.
 */
export function connectAgent(pipes: AgentPipes, options: AgentOptions): AgentDriver {
  const stream = new AgentStream(pipes);
  return new RemoteDriver(stream, options, greeting(stream, options));
}

function greeting(stream: AgentStream, { name, helloMs = HELLO_MS }: AgentOptions): Hello {
  const until = performance.now() + helloMs;
  try {
    const header = stream.header(until);
    if (header.magic !== AGENT_MAGIC) throw noGreeting(name, stream.unread);
    if (header.version !== AGENT_VERSION)
      throw new TargetError(
        `the agent of ${name} speaks version ${header.version} of the protocol, this program ${AGENT_VERSION}: put the agent of this version there`,
      );
    if (header.size > MAX_SENTENCE + HEADER_BYTES) throw noGreeting(name, stream.unread);
    const payload = stream.take(header, until);
    const trouble = header.kind === KIND.trouble ? decodeTrouble(payload) : undefined;
    if (trouble !== undefined) throw new TargetError(`the agent of ${name} cannot start: ${oneLine(trouble.sentence)}`);
    const hello = header.kind === KIND.hello ? decodeHello(payload) : undefined;
    if (hello === undefined)
      throw new TargetError(`the agent of ${name} does not greet: put the agent of this version there`);
    if (hello.wireVersion === WIRE_VERSION) return hello;
    throw new TargetError(
      `the agent of ${name} speaks version ${hello.wireVersion} of the wire format, this program ${WIRE_VERSION}: put the agent of this version there`,
    );
  } catch (error) {
    if (!(error instanceof StreamError)) throw error;
    if (stream.unread.length > 0) throw noGreeting(name, stream.unread);
    throw new TargetError(
      error.end === 'ended'
        ? `${name} ended before its agent said anything`
        : `the agent of ${name} said nothing within ${helloMs / 1000} s`,
    );
  }
}

function noGreeting(name: string, bytes: Buffer): TargetError {
  const text = oneLine(bytes.toString('latin1', 0, SHOWN_BYTES));
  return new TargetError(
    `what ${name} says first is no greeting of an agent, but "${text}": its command must start faultline-agent and print nothing`,
  );
}

class RemoteDriver implements AgentDriver {
  private number = 0;
  private box: BlackBoxWriter | undefined;
  private lost: TargetLost | undefined;
  private open = true;

  constructor(
    private readonly stream: AgentStream,
    private readonly options: AgentOptions,
    readonly hello: Hello,
  ) {}

  execute(request: Uint8Array): Uint8Array {
    const [response] = this.run(request, [0]);
    if (response === undefined) throw new Error('HARNESS: a request was left without an answer');
    return response;
  }

  executeAll(requests: Frames): readonly Uint8Array[] {
    const bytes = requests.from(0);
    const starts = Array.from({ length: requests.count }, (_, i) => requests.frame(i).byteOffset - bytes.byteOffset);
    return starts.length === 0 ? [] : this.run(bytes, starts);
  }

  facts(): Uint8Array {
    return this.ask(KIND.facts, new Uint8Array(0));
  }

  ping(payload: Uint8Array): Uint8Array {
    return this.ask(KIND.ping, payload);
  }

  blackbox(path: string): void {
    this.mustBeOpen();
    this.box?.close();
    try {
      this.box = new BlackBoxWriter(path);
    } catch (error) {
      throw new DriverError(`the black box ${path} cannot be written: ${errnoSentence(error)}`);
    }
  }

  close(): void {
    if (!this.open) return;
    try {
      if (this.lost === undefined) this.takeLeave();
    } finally {
      this.open = false;
      this.box?.close();
      this.options.onClose?.();
    }
  }

  private takeLeave(): void {
    const until = performance.now() + BYE_MS;
    try {
      this.stream.send(KIND.bye, 0, new Uint8Array(0), until);
      this.stream.header(until);
    } catch (error) {
      if (!(error instanceof StreamError)) throw error;
    }
  }

  /** @param starts where each request begins. */
  private run(requests: Uint8Array, starts: readonly number[]): Uint8Array[] {
    try {
      return this.converse(requests, starts);
    } finally {
      // What a lost target was doing stays written.
      if (this.lost === undefined) this.box?.end();
    }
  }

  private converse(requests: Uint8Array, starts: readonly number[]): Uint8Array[] {
    this.mustBeOpen();
    this.box?.begin(requests);
    const silenceMs = longestDeadline(requests, starts) + this.options.marginMs;
    const number = this.send(KIND.execute, requests, silenceMs);
    const responses: Uint8Array[] = [];
    for (;;) {
      const answered = splitFrames(this.receive(KIND.execute, number, silenceMs, requests));
      responses.push(...answered);
      if (responses.length === starts.length) return responses;
      if (answered.length === 0 || responses.length > starts.length)
        throw this.lose(`answered ${starts.length} requests with ${responses.length} responses`, false);
      // What is answered is no suspect any more.
      this.box?.begin(requests.subarray(starts[responses.length]));
    }
  }

  private ask(kind: Kind, payload: Uint8Array): Uint8Array {
    const { marginMs } = this.options;
    return this.receive(kind, this.send(kind, payload, marginMs), marginMs);
  }

  /** Returns the number of the message. */
  private send(kind: Kind, payload: Uint8Array, silenceMs: number): number {
    this.mustBeOpen();
    if (payload.length > MAX_REQUEST_BYTES) throw new Error(`HARNESS: requests of ${payload.length} bytes at once`);
    const number = ++this.number;
    try {
      this.stream.send(kind, number, payload, performance.now() + silenceMs);
    } catch (error) {
      // The agent may have said why before it ended.
      if (!(error instanceof StreamError) || error.end !== 'ended') throw this.asLost(error, silenceMs);
    }
    return number;
  }

  /** @param requests what is being executed. */
  private receive(kind: Kind, number: number, silenceMs: number, requests?: Uint8Array): Buffer {
    const until = performance.now() + silenceMs;
    try {
      const header = this.stream.header(until);
      if (header.magic !== AGENT_MAGIC || header.version !== AGENT_VERSION)
        throw this.lose('answered with something that is no message', false);
      if (header.size > MAX_ANSWER_BYTES)
        throw this.lose(`announces ${header.size} bytes, more than answers have`, false);
      const payload = this.stream.take(header, until);
      const trouble = header.kind === KIND.trouble ? decodeTrouble(payload) : undefined;
      if (trouble !== undefined) throw this.inTrouble(trouble, requests);
      if (header.kind === kind && header.number === number) return payload;
      throw this.lose(`answered message ${header.number} of kind ${header.kind}, not ${number} of kind ${kind}`, false);
    } catch (error) {
      throw this.asLost(error, silenceMs);
    }
  }

  private inTrouble({ reason, inFlight, sentence }: Trouble, requests: Uint8Array | undefined): Error {
    if (reason !== TROUBLE.death) return new Error(`HARNESS: the agent of ${this.options.name}: ${oneLine(sentence)}`);
    const guilty = inFlight === undefined || requests === undefined ? undefined : requestWithId(requests, inFlight.id);
    if (guilty !== undefined) this.box?.begin(guilty, inFlight?.step);
    return this.lose(oneLine(sentence), false);
  }

  private asLost(error: unknown, silenceMs: number): unknown {
    if (!(error instanceof StreamError)) return error;
    const why = this.options.explain?.() ?? '';
    const said = why === '' ? '' : `: ${why}`;
    return error.end === 'ended'
      ? this.lose(`is gone without a word of its agent${said}`, false)
      : this.lose(`gave no sign of life for ${silenceMs / 1000} s${said}`, true);
  }

  private lose(what: string, silent: boolean): TargetLost {
    this.lost = new TargetLost(`${this.options.name}: ${what}`, silent);
    return this.lost;
  }

  private mustBeOpen(): void {
    if (!this.open) throw new DriverError(`the driver of ${this.options.name} is closed`);
    if (this.lost !== undefined) throw this.lost;
  }
}

function longestDeadline(requests: Uint8Array, starts: readonly number[]): number {
  const view = new DataView(requests.buffer, requests.byteOffset, requests.byteLength);
  const at = (start: number): number => start + REQUEST.deadline_ms;
  const deadlines = starts.map((start) => (at(start) + 4 <= requests.length ? view.getUint32(at(start), true) : 0));
  return Math.max(0, ...deadlines);
}

function requestWithId(requests: Uint8Array, id: bigint): Uint8Array | undefined {
  const view = new DataView(requests.buffer, requests.byteOffset, requests.byteLength);
  const starts = requestStarts(requests);
  const place = starts.findIndex((start) => view.getBigUint64(start + REQUEST.id, true) === id);
  return place < 0 ? undefined : requests.subarray(starts[place], starts[place + 1]);
}
