/**
 * The messages between an agent and whoever drives it, over any stream of bytes. `native/agent/protocol.h` has the same
 * numbers for the agent; docs/agent-protocol.md says who sends what when.
 *
 * Little-endian. A header of 16 bytes (magic u32, kind u16, version u16, size u32, number u32), then `size` bytes of payload.
 */
import { textOfBytes } from '../../util/text.js';
import { MAX_RESPONSE, WIRE_ENUMS } from '../wire/spec.js';

/** `FLTA`, little-endian. */
export const AGENT_MAGIC = 0x41544c46;
export const AGENT_VERSION = 1;
/** Largest payload of a message to the agent, and of one from it. */
export const MAX_REQUEST_BYTES = 0x100000;
export const MAX_ANSWER_BYTES = 0x4000000;
/** Text of a trouble. */
export const MAX_SENTENCE = 400;
/** Responses wait no longer than this for those of the requests behind them. */
export const FLUSH_MS = 250;

export const HEADER_BYTES = 16;
export const KIND = { hello: 1, facts: 2, execute: 3, trouble: 4, ping: 5, bye: 6, clocks: 7 } as const;
export type Kind = (typeof KIND)[keyof typeof KIND];
/** Why the agent is in trouble: its driver does not start, it was sent something that is no message, its driver died. */
export const TROUBLE = { start: 1, message: 2, death: 3 } as const;

const HELLO = { wireVersion: 0, arch: 2, pid: 4, release: 8, kernel: 40, size: 104 } as const;
const TROUBLE_AT = { reason: 0, inFlight: 2, step: 4, id: 8, sentence: 16 } as const;

if (MAX_ANSWER_BYTES <= MAX_RESPONSE) throw new Error('an answer must have room for a response');

/** What stands before every payload. */
export interface Header {
  readonly magic: number;
  readonly kind: number;
  readonly version: number;
  readonly size: number;
  /** Of the request; its answers have the same. */
  readonly number: number;
}

export function encodeHeader(kind: Kind, number: number, size: number): Buffer {
  const bytes = Buffer.alloc(HEADER_BYTES);
  bytes.writeUInt32LE(AGENT_MAGIC, 0);
  bytes.writeUInt16LE(kind, 4);
  bytes.writeUInt16LE(AGENT_VERSION, 6);
  bytes.writeUInt32LE(size, 8);
  bytes.writeUInt32LE(number, 12);
  return bytes;
}

/** @param bytes at least {@link HEADER_BYTES}. */
export function decodeHeader(bytes: Buffer): Header {
  return {
    magic: bytes.readUInt32LE(0),
    kind: bytes.readUInt16LE(4),
    version: bytes.readUInt16LE(6),
    size: bytes.readUInt32LE(8),
    number: bytes.readUInt32LE(12),
  };
}

/** What an agent says first. */
export interface Hello {
  readonly wireVersion: number;
  /** As in the wire format; undefined: one that this program does not know. */
  readonly arch: (typeof WIRE_ENUMS.arch)[number] | undefined;
  readonly pid: number;
  readonly agentRelease: string;
  readonly kernelRelease: string;
}

/** Undefined: it is none. */
export function decodeHello(payload: Buffer): Hello | undefined {
  if (payload.length !== HELLO.size) return undefined;
  return {
    wireVersion: payload.readUInt16LE(HELLO.wireVersion),
    arch: WIRE_ENUMS.arch[payload.readUInt16LE(HELLO.arch)],
    pid: payload.readUInt32LE(HELLO.pid),
    agentRelease: textOfBytes(payload.subarray(HELLO.release, HELLO.kernel)),
    kernelRelease: textOfBytes(payload.subarray(HELLO.kernel)),
  };
}

/** What an agent says when it cannot do what it should. */
export interface Trouble {
  readonly reason: number;
  /** What the driver was executing when it died. */
  readonly inFlight: { readonly id: bigint; readonly step: number } | undefined;
  readonly sentence: string;
}

/** Undefined: it is none. */
export function decodeTrouble(payload: Buffer): Trouble | undefined {
  if (payload.length < TROUBLE_AT.sentence || payload.length > TROUBLE_AT.sentence + MAX_SENTENCE) return undefined;
  const known = payload.readUInt16LE(TROUBLE_AT.inFlight) === 1;
  return {
    reason: payload.readUInt16LE(TROUBLE_AT.reason),
    inFlight: known
      ? { id: payload.readBigUInt64LE(TROUBLE_AT.id), step: payload.readUInt32LE(TROUBLE_AT.step) }
      : undefined,
    sentence: textOfBytes(payload.subarray(TROUBLE_AT.sentence)),
  };
}
