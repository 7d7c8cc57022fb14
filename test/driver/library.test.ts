import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import { DriverError, LIBRARY_PATH, openDriver } from '../../src/driver/library.js';
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
