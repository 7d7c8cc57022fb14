import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Frames, splitFrames } from '../../../src/driver/wire/frames.js';
import { wireOffsets } from '../../../src/driver/wire/spec.js';

const SIZE_AT = wireOffsets('response').size_bytes;

const sizes = fc.array(fc.integer({ min: SIZE_AT + 4, max: 5000 }), { maxLength: 40 });

function filled(lengths: readonly number[], frames = new Frames(64)): Frames {
  for (const [i, length] of lengths.entries()) {
    const start = frames.append(length);
    frames.frame(i).fill(i + 1, SIZE_AT + 4);
    frames.view.setUint32(start + SIZE_AT, length, true);
  }
  return frames;
}

test('frames stand behind each other whatever their sizes, and come apart again', () => {
  fc.assert(
    fc.property(sizes, (lengths) => {
      const frames = filled(lengths);
      const apart = splitFrames(frames.from(0));
      expect(apart.map((frame) => frame.length)).toEqual(lengths);
      apart.forEach((frame, i) => {
        expect(frame).toEqual(frames.frame(i));
        expect(frame.subarray(SIZE_AT + 4).every((byte) => byte === i + 1)).toBe(true);
      });
      expect(splitFrames(frames.from(1))).toHaveLength(Math.max(0, lengths.length - 1));
    }),
  );
});

test('memory that was used before is zero again', () => {
  const frames = filled([100, 200]);
  frames.clear();
  expect(frames.count).toBe(0);
  frames.append(150);
  expect(frames.frame(0).every((byte) => byte === 0)).toBe(true);
});

test.each([
  ['nothing of a size', 0],
  ['less than a header', SIZE_AT],
  ['more than there is', 101],
])('a frame that says %s is malformed', (_what, stated) => {
  const bytes = new Uint8Array(100);
  new DataView(bytes.buffer).setUint32(SIZE_AT, stated, true);
  expect(() => splitFrames(bytes)).toThrow(/^HARNESS: malformed response .* a frame of \d+ bytes in 100/);
});
