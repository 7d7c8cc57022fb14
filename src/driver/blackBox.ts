import { readFileSync } from 'node:fs';

/** `FTLB`, little-endian. The layout is `struct ftl_blackbox` of the native driver. */
export const BLACK_BOX_MAGIC = 0x424c5446;
/** The request follows the header at this offset. */
export const BLACK_BOX_HEADER_BYTES = 64;
export const BLACK_BOX_OFFSETS = { magic: 0, state: 4, size: 8, pid: 12, id: 16 } as const;
export const BLACK_BOX_RUNNING = 1;

/** What a driver was doing when it last wrote its black box. */
export interface InFlight {
  /** The request had not ended. */
  readonly running: boolean;
  readonly id: bigint;
  readonly pid: number;
  readonly request: Uint8Array;
}

/** Reads a worker's black box. Undefined: the file is missing, short or not a black box. */
export function readBlackBox(path: string): InFlight | undefined {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch {
    return undefined;
  }
  if (bytes.length < BLACK_BOX_HEADER_BYTES) return undefined;
  if (bytes.readUInt32LE(BLACK_BOX_OFFSETS.magic) !== BLACK_BOX_MAGIC) return undefined;
  const size = bytes.readUInt32LE(BLACK_BOX_OFFSETS.size);
  return {
    running: bytes.readUInt32LE(BLACK_BOX_OFFSETS.state) === BLACK_BOX_RUNNING,
    id: bytes.readBigUInt64LE(BLACK_BOX_OFFSETS.id),
    pid: bytes.readUInt32LE(BLACK_BOX_OFFSETS.pid),
    request: bytes.subarray(BLACK_BOX_HEADER_BYTES, BLACK_BOX_HEADER_BYTES + size),
  };
}
