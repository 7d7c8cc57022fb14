import { closeSync, openSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { wireOffsets } from './wire/spec.js';

/** `FTLB`, little-endian. The layout is that of native/include/faultline_blackbox.h. */
export const BLACK_BOX_MAGIC = 0x424c5446;
export const BLACK_BOX_OFFSETS = { magic: 0, state: 4, requestBytes: 8, step: 12, sequence: 16, request: 64 } as const;
/** Length of the file of a driver in this process. */
const BLACK_BOX_BYTES = 8192;
const IDLE = 0;
export const BLACK_BOX_RUNNING = 1;

const REQUEST = wireOffsets('head');

/** What a driver was doing when it last wrote its black box. */
export interface InFlight {
  /** The request had not ended. */
  readonly running: boolean;
  /** Id of the request. */
  readonly id: bigint;
  /** The step in progress. */
  readonly step: number;
  /** Ids of all requests that it may have been: a driver elsewhere only knows which ones were not answered. */
  readonly suspects: readonly bigint[];
}

/**
 * Makes the file of a black box, with all its blocks.
 *
 * @throws an error of the file system: the disk is full or cannot be written.
 */
export function reserveBlackBox(path: string): void {
  try {
    writeFileSync(path, Buffer.alloc(BLACK_BOX_BYTES));
  } catch (error) {
    rmSync(path, { force: true });
    throw error;
  }
}

/** Reads a worker's black box. Undefined: the file is missing, short or not a black box. */
export function readBlackBox(path: string): InFlight | undefined {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch {
    return undefined;
  }
  if (bytes.length < BLACK_BOX_OFFSETS.request + REQUEST.size) return undefined;
  if (bytes.readUInt32LE(BLACK_BOX_OFFSETS.magic) !== BLACK_BOX_MAGIC) return undefined;
  const end = BLACK_BOX_OFFSETS.request + Math.max(REQUEST.size, bytes.readUInt32LE(BLACK_BOX_OFFSETS.requestBytes));
  const requests = bytes.subarray(BLACK_BOX_OFFSETS.request, end);
  const ids = requestStarts(requests).map((start) => requests.readBigUInt64LE(start + REQUEST.id));
  return {
    running: bytes.readUInt32LE(BLACK_BOX_OFFSETS.state) === BLACK_BOX_RUNNING,
    id: ids[0] ?? 0n,
    step: bytes.readUInt32LE(BLACK_BOX_OFFSETS.step),
    suspects: ids,
  };
}

/** Where each of the requests begins that stand one behind the other. One that lies about its size is all that is left. */
export function requestStarts(requests: Uint8Array): number[] {
  const view = new DataView(requests.buffer, requests.byteOffset, requests.byteLength);
  const starts: number[] = [];
  for (let start = 0; requests.length - start >= REQUEST.size;) {
    starts.push(start);
    const size = view.getUint32(start + REQUEST.size_bytes, true);
    start = size < REQUEST.size || size > requests.length - start ? requests.length : start + size;
  }
  return starts;
}

/** Writes the black box of a driver that is elsewhere, on this side of the stream. */
export class BlackBoxWriter {
  private readonly handle: number;
  private sequence = 0n;

  constructor(path: string) {
    this.handle = openSync(path, 'w');
  }

  /** These requests, one behind the other, are being executed. */
  begin(requests: Uint8Array, step = 0): void {
    const bytes = Buffer.alloc(BLACK_BOX_OFFSETS.request + requests.length);
    bytes.writeUInt32LE(BLACK_BOX_MAGIC, BLACK_BOX_OFFSETS.magic);
    bytes.writeUInt32LE(requests.length, BLACK_BOX_OFFSETS.requestBytes);
    bytes.writeUInt32LE(step, BLACK_BOX_OFFSETS.step);
    bytes.writeBigUInt64LE(++this.sequence, BLACK_BOX_OFFSETS.sequence);
    bytes.set(requests, BLACK_BOX_OFFSETS.request);
    writeSync(this.handle, bytes, 0, bytes.length, 0);
    // Only when all of it is there: a kill may come between two pages.
    this.setState(BLACK_BOX_RUNNING);
  }

  /** Nothing is being executed any more. */
  end(): void {
    this.setState(IDLE);
  }

  close(): void {
    closeSync(this.handle);
  }

  private setState(state: number): void {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32LE(state);
    writeSync(this.handle, bytes, 0, bytes.length, BLACK_BOX_OFFSETS.state);
  }
}
