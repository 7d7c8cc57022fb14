import { readSync, writeSync } from 'node:fs';
import { errnoCode } from '../../util/errno.js';
import { waitFor } from './poll.js';
import { decodeHeader, encodeHeader, HEADER_BYTES, type Header, type Kind } from './protocol.js';

/** What a pipe that has room at all takes without blocking. */
const PIPE_BUF = 4096;
const READ_BYTES = 64 * 1024;

/** Two file descriptors that block: pipes to an agent. */
export interface AgentPipes {
  readonly readFd: number;
  readonly writeFd: number;
}

/** Why nothing more can be read or written. */
export type StreamEnd = 'ended' | 'silent';

/** The stream ended, or nothing came in time. */
export class StreamError extends Error {
  override readonly name = 'StreamError';

  constructor(readonly end: StreamEnd) {
    super(end);
  }
}

/** Messages over pipes, synchronously, with a deadline for each. */
export class AgentStream {
  private buffer = Buffer.alloc(0);

  constructor(private readonly pipes: AgentPipes) {}

  /** @throws {StreamError} */
  send(kind: Kind, number: number, payload: Uint8Array, until: number): void {
    const message = Buffer.concat([encodeHeader(kind, number, payload.length), payload]);
    for (let sent = 0; sent < message.length;) {
      if (!waitFor(this.pipes.writeFd, 'room', until)) throw new StreamError('silent');
      sent += this.write(message.subarray(sent, sent + PIPE_BUF));
    }
  }

  /**
   * The next header, which stays where it is until {@link take}. It may be anything at all: nothing is checked.
   *
   * @throws {StreamError}
   */
  header(until: number): Header {
    this.fill(HEADER_BYTES, until);
    return decodeHeader(this.buffer);
  }

  /**
   * Takes the message with this header and returns its payload.
   *
   * @throws {StreamError}
   */
  take({ size }: Header, until: number): Buffer {
    this.fill(HEADER_BYTES + size, until);
    const payload = this.buffer.subarray(HEADER_BYTES, HEADER_BYTES + size);
    this.buffer = this.buffer.subarray(HEADER_BYTES + size);
    return payload;
  }

  /** What has been read and not been taken, for people. */
  get unread(): Buffer {
    return this.buffer;
  }

  private fill(wanted: number, until: number): void {
    if (this.buffer.length >= wanted) return;
    // A message of its own, since the payloads of earlier ones are still in use.
    const larger = Buffer.allocUnsafeSlow(Math.max(wanted, READ_BYTES));
    let length = this.buffer.copy(larger);
    while (length < wanted) {
      if (!waitFor(this.pipes.readFd, 'data', until)) {
        this.buffer = larger.subarray(0, length);
        throw new StreamError('silent');
      }
      const got = this.read(larger, length);
      if (got === 0) {
        this.buffer = larger.subarray(0, length);
        throw new StreamError('ended');
      }
      length += got;
    }
    this.buffer = larger.subarray(0, length);
  }

  private read(into: Buffer, at: number): number {
    try {
      return readSync(this.pipes.readFd, into, at, into.length - at, null);
    } catch (error) {
      if (errnoCode(error) === 'EINTR') return this.read(into, at);
      throw new StreamError('ended');
    }
  }

  private write(bytes: Uint8Array): number {
    try {
      return writeSync(this.pipes.writeFd, bytes);
    } catch (error) {
      if (errnoCode(error) === 'EINTR' || errnoCode(error) === 'EAGAIN') return 0;
      throw new StreamError('ended');
    }
  }
}
