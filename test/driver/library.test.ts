import fc from 'fast-check';
import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import { DriverError, LIBRARY_PATH, openDriver } from '../../src/driver/library.js';
import { Frames } from '../../src/driver/wire/frames.js';
import { WIRE_ENUMS, WIRE_MAGIC, wireOffsets } from '../../src/driver/wire/spec.js';

const RESPONSE = wireOffsets('response');

test('a missing library is one sentence with the command that mends it', () => {
  expect(() => openDriver('/nonexistent/libfaultline.so')).toThrow(DriverError);
  expect(() => openDriver('/nonexistent/libfaultline.so')).toThrow(/is missing: run .*make -C native/);
});

test.runIf(existsSync(LIBRARY_PATH))('a malformed frame is refused with a sentence, not executed', () => {
  const driver = openDriver();
  const response = Buffer.from(driver.execute(new Uint8Array(wireOffsets('request').size)));
  expect(response.readUInt32LE(RESPONSE.magic)).toBe(WIRE_MAGIC);
  expect(WIRE_ENUMS.status[response.readUInt8(RESPONSE.status)]).toBe('refused');
  expect(driver.facts().length).toBe(wireOffsets('facts').size);
  driver.close();
  driver.close();
  expect(() => driver.facts()).toThrow('the native driver is closed');
});

test.runIf(existsSync(LIBRARY_PATH))('requests behind each other are answered like requests of their own', () => {
  const driver = openDriver();
  const size = wireOffsets('request').size;
  const noise = fc.array(fc.uint8Array({ minLength: size, maxLength: size + 40 }), { minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(noise, (requests) => {
      const frames = new Frames();
      const alone: Uint8Array[] = [];
      for (const request of requests) {
        const start = frames.append(request.length);
        frames.frame(frames.count - 1).set(request);
        frames.view.setUint32(start + wireOffsets('request').size_bytes, request.length, true);
        alone.push(driver.execute(frames.frame(frames.count - 1)).slice());
      }
      expect(driver.executeAll(frames).map((response) => Buffer.from(response))).toEqual(
        alone.map((response) => Buffer.from(response)),
      );
    }),
  );
  driver.close();
});
