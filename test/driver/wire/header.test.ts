import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { wireHeader } from '../../../src/driver/wire/header.js';

test('the C header in the tree is the one that the wire specification prints', () => {
  const header = new URL('../../../native/include/faultline_wire.generated.h', import.meta.url);
  expect(readFileSync(header, 'utf8')).toBe(wireHeader());
});
