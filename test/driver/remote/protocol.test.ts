import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import * as protocol from '../../../src/driver/remote/protocol.js';

/** The numbers that a C header defines under `FLA_`. */
function defines(): ReadonlyMap<string, number> {
  const header = readFileSync(new URL('../../../native/agent/protocol.h', import.meta.url), 'utf8');
  return new Map(
    [...header.matchAll(/^#define FLA_(\w+)\s+(0x[0-9a-f]+|\d+)u/gm)].map(([, name = '', value]) => [
      name,
      Number(value),
    ]),
  );
}

test('the C header has the same numbers', () => {
  const of = (prefix: string, values: Readonly<Record<string, number>>): [string, number][] =>
    Object.entries(values).map(([name, value]) => [`${prefix}_${name.toUpperCase()}`, value]);
  const expected = [
    ['MAGIC', protocol.AGENT_MAGIC],
    ['VERSION', protocol.AGENT_VERSION],
    ['MAX_REQUEST', protocol.MAX_REQUEST_BYTES],
    ['MAX_ANSWER', protocol.MAX_ANSWER_BYTES],
    ['MAX_SENTENCE', protocol.MAX_SENTENCE],
    ['FLUSH_MS', protocol.FLUSH_MS],
    ...of('KIND', protocol.KIND),
    ...of('TROUBLE', protocol.TROUBLE),
  ];
  expect(Object.fromEntries(defines())).toEqual(Object.fromEntries(expected));
});

test('a header reads as it was written', () => {
  const bytes = protocol.encodeHeader(protocol.KIND.ping, 7, 42);
  expect(bytes.length).toBe(protocol.HEADER_BYTES);
  expect(protocol.decodeHeader(bytes)).toEqual({
    magic: protocol.AGENT_MAGIC,
    kind: protocol.KIND.ping,
    version: protocol.AGENT_VERSION,
    size: 42,
    number: 7,
  });
});

test('payloads of another size are no greeting and no trouble', () => {
  expect(protocol.decodeHello(Buffer.alloc(103))).toBeUndefined();
  expect(protocol.decodeTrouble(Buffer.alloc(15))).toBeUndefined();
  expect(protocol.decodeTrouble(Buffer.alloc(17 + protocol.MAX_SENTENCE))).toBeUndefined();
  expect(protocol.decodeTrouble(Buffer.alloc(16))).toEqual({ reason: 0, inFlight: undefined, sentence: '' });
});
