import { readFileSync } from 'node:fs';
import { wireOffsets } from './wire/spec.js';

/** `FTLB`, little-endian. The layout is that of native/include/faultline_blackbox.h. */
export const BLACK_BOX_MAGIC = 0x424c5446;
export const BLACK_BOX_OFFSETS = { magic: 0, state: 4, requestBytes: 8, step: 12, sequence: 16, request: 64 } as const;
export const BLACK_BOX_RUNNING = 1;

const REQUEST = wireOffsets('request');

/** What a driver was doing when it last wrote its black box. */
export interface InFlight {
  /** The request had not ended. */
  readonly running: boolean;
  /** Id of the request. */
  readonly id: bigint;
  /** The step in progress. */
  readonly step: number;
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
  return {
    running: bytes.readUInt32LE(BLACK_BOX_OFFSETS.state) === BLACK_BOX_RUNNING,
    id: bytes.readBigUInt64LE(BLACK_BOX_OFFSETS.request + REQUEST.id),
    step: bytes.readUInt32LE(BLACK_BOX_OFFSETS.step),
  };
}
