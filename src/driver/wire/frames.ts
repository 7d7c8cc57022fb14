import { wireOffsets } from './spec.js';

const SIZE_AT = wireOffsets('response').size_bytes;
const START_BYTES = 64 * 1024;

/** Request frames one behind the other, in memory that is used again and again. */
export class Frames {
  view: DataView;
  private bytes: Uint8Array;
  private size = 0;
  private readonly starts: number[] = [];

  constructor(room = START_BYTES) {
    this.bytes = new Uint8Array(room);
    this.view = new DataView(this.bytes.buffer);
  }

  /** How many frames there are. */
  get count(): number {
    return this.starts.length;
  }

  /** Makes room for one more frame, all zero, and says where it starts. The view may be another one afterwards. */
  append(bytes: number): number {
    const start = this.size;
    this.size += bytes;
    if (this.size > this.bytes.length) this.grow();
    this.bytes.fill(0, start, this.size);
    this.starts.push(start);
    return start;
  }

  /** The frames from number `index` on, as a view that is valid until frames are appended or cleared. */
  from(index: number): Uint8Array {
    return this.bytes.subarray(this.starts[index] ?? this.size, this.size);
  }

  /** One frame, as a view that is valid until frames are appended or cleared. */
  frame(index: number): Uint8Array {
    return this.bytes.subarray(this.starts[index] ?? this.size, this.starts[index + 1] ?? this.size);
  }

  clear(): void {
    this.size = 0;
    this.starts.length = 0;
  }

  private grow(): void {
    const larger = new Uint8Array(2 * this.size);
    larger.set(this.bytes);
    this.bytes = larger;
    this.view = new DataView(larger.buffer);
  }
}

/**
 * Takes apart response frames that stand one behind the other.
 *
 * @throws an Error that starts with `HARNESS:` when a frame's size is not one that it can have.
 */
export function splitFrames(bytes: Uint8Array): Uint8Array[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const frames: Uint8Array[] = [];
  for (let start = 0; start < bytes.length;) {
    const left = bytes.length - start;
    const size = left < SIZE_AT + 4 ? 0 : view.getUint32(start + SIZE_AT, true);
    if (size < SIZE_AT + 4 || size > left) {
      throw new Error(`HARNESS: malformed response from the native driver: a frame of ${size} bytes in ${left}`);
    }
    frames.push(bytes.subarray(start, start + size));
    start += size;
  }
  return frames;
}
