import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import koffi, { type LibraryHandle } from 'koffi';
import { textOfBytes } from '../util/text.js';
import { type Frames, splitFrames } from './wire/frames.js';
import { MAX_RESPONSE, WIRE_VERSION, wireOffsets } from './wire/spec.js';

/** Room for responses. Only what they fill is ever touched. */
const RESPONSE_BYTES = MAX_RESPONSE + 12 * 1024 * 1024;
const ERROR_BYTES = 512;

/** Something that executes framed requests: the native driver, or a stand-in in tests. */
export interface Driver {
  /** The response is a view that is valid until the next call. */
  execute(request: Uint8Array): Uint8Array;
  /** Executes requests one after the other. The responses, in their order, are views that are valid until the next call. */
  executeAll(requests: Frames): readonly Uint8Array[];
  /** The `facts` frame of the wire format. */
  facts(): Uint8Array;
  /** Writes every request to this memory-mapped file before executing it. */
  blackbox(path: string): void;
  close(): void;
}

/** The native driver cannot be used. The message is one sentence with what to do. */
export class DriverError extends Error {
  override readonly name = 'DriverError';
}

/** Where the build leaves the library, seen from `src/driver` as well as from `dist/driver`. */
export const LIBRARY_PATH = fileURLToPath(new URL('../../native/build/libfaultline.so', import.meta.url));

/**
 * Opens the native driver in this process. A fault of KVM can end the process, so only workers do this.
 *
 * @throws {DriverError} when the library is missing, of another version, or cannot start.
 */
export function openDriver(path = LIBRARY_PATH): Driver {
  return new NativeDriver(bind(path));
}

/** The context pointer is opaque to JavaScript. */
type Context = bigint;

type Execute = (
  context: Context,
  request: Uint8Array,
  requestSize: number,
  response: Uint8Array,
  responseSize: number,
) => number;

interface Native {
  readonly open: (error: Uint8Array, errorSize: number) => Context | null;
  readonly close: (context: Context) => void;
  readonly blackbox: (context: Context, path: string) => number;
  readonly facts: (context: Context, out: Uint8Array, size: number) => number;
  readonly execute: Execute;
  readonly executeBatch: Execute;
}

function bind(path: string): Native {
  if (!existsSync(path)) throw new DriverError(`the native driver ${path} is missing: run npm test or make -C native`);
  let library: LibraryHandle;
  try {
    library = koffi.load(path);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new DriverError(`the native driver ${path} cannot be loaded (${reason}): run make -C native clean all`);
  }
  // `void *` hands typed arrays over in place; a pointer to uint8_t would be copied.
  const abi = library.func('faultline_abi', 'uint32_t', []) as () => number;
  if (abi() !== WIRE_VERSION)
    throw new DriverError(
      `the native driver ${path} speaks version ${abi()}, this program ${WIRE_VERSION}: run make -C native`,
    );
  const executes = ['void *', 'void *', 'uint32_t', 'void *', 'uint32_t'];
  return {
    open: library.func('faultline_open', 'void *', ['void *', 'uint32_t']),
    close: library.func('faultline_close', 'void', ['void *']),
    blackbox: library.func('faultline_blackbox', 'int', ['void *', 'str']),
    facts: library.func('faultline_facts', 'int64_t', ['void *', 'void *', 'uint32_t']),
    execute: library.func('faultline_execute', 'int64_t', executes),
    executeBatch: library.func('faultline_execute_batch', 'int64_t', executes),
  };
}

class NativeDriver implements Driver {
  private readonly response = new Uint8Array(RESPONSE_BYTES);
  private readonly context: Context;
  private open = true;

  constructor(private readonly native: Native) {
    const error = new Uint8Array(ERROR_BYTES);
    const context = native.open(error, error.length);
    if (context === null || context === 0n)
      throw new DriverError(`the native driver cannot start: ${textOfBytes(error)}`);
    this.context = context;
  }

  execute(request: Uint8Array): Uint8Array {
    return this.call(this.native.execute, request);
  }

  executeAll(requests: Frames): readonly Uint8Array[] {
    const responses = splitFrames(this.call(this.native.executeBatch, requests.from(0)));
    while (responses.length < requests.count) {
      // The next call overwrites what this one answered.
      const kept = responses.map((response) => response.slice());
      responses.splice(0, kept.length, ...kept);
      responses.push(...splitFrames(this.call(this.native.executeBatch, requests.from(kept.length))));
    }
    return responses;
  }

  facts(): Uint8Array {
    this.mustBeOpen();
    const out = new Uint8Array(wireOffsets('facts').size);
    const size = this.native.facts(this.context, out, out.length);
    if (size < 0) throw new DriverError(`the native driver cannot report facts: ${errnoName(-size)}`);
    return out.subarray(0, size);
  }

  blackbox(path: string): void {
    this.mustBeOpen();
    const result = this.native.blackbox(this.context, path);
    if (result < 0) throw new DriverError(`the black box ${path} cannot be written: ${errnoName(-result)}`);
  }

  close(): void {
    if (!this.open) return;
    this.open = false;
    this.native.close(this.context);
  }

  private call(execute: Execute, requests: Uint8Array): Uint8Array {
    this.mustBeOpen();
    const size = execute(this.context, requests, requests.length, this.response, this.response.length);
    if (size < 0) throw new DriverError(`the native driver cannot answer: ${errnoName(-size)}`);
    return this.response.subarray(0, size);
  }

  private mustBeOpen(): void {
    if (!this.open) throw new DriverError('the native driver is closed');
  }
}

function errnoName(errno: number): string {
  const name = Object.entries(koffi.os.errno).find(([, value]) => value === errno)?.[0];
  return name ?? `error ${errno}`;
}
