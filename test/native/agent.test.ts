import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { HEADER_BYTES, KIND } from '../../src/driver/remote/protocol.js';
import { encodeStage2 } from '../../src/driver/wire/encode.js';
import { message } from '../support/agent.js';
import { runToEnd } from '../support/faultline.js';
import { simplestScenario } from '../support/scenario.js';
import { spawnSync } from 'node:child_process';

const NATIVE = fileURLToPath(new URL('../../native', import.meta.url));
const AGENT = `${NATIVE}/build/tests/faultline-agent`;
const RUNS = 60;

beforeAll(async () => {
  const { code, stderr } = await runToEnd(['make', '-s', '-C', NATIVE, 'agent-san'], { cwd: NATIVE });
  expect([code, stderr]).toEqual([0, '']);
}, 300_000);

/** Feeds a stream to an agent that is built with ASan and UBSan, up to its end. */
function feed(stream: Uint8Array): { readonly answer: Buffer; readonly code: number | null } {
  const { status, signal, stdout, stderr } = spawnSync(AGENT, [], { input: stream, timeout: 20_000 });
  expect([signal, stderr.toString()]).toEqual([null, '']);
  return { answer: stdout, code: status };
}

/** What an agent said, message by message; anything but whole messages fails. */
function messages(answer: Buffer): { readonly kind: number; readonly payload: Buffer }[] {
  const found = [];
  for (let at = 0; at < answer.length;) {
    const size = answer.readUInt32LE(at + 8);
    expect(at + HEADER_BYTES + size).toBeLessThanOrEqual(answer.length);
    found.push({
      kind: answer.readUInt16LE(at + 4),
      payload: answer.subarray(at + HEADER_BYTES, at + HEADER_BYTES + size),
    });
    at += HEADER_BYTES + size;
  }
  return found;
}

const kindsOf = (answer: Buffer): number[] => messages(answer).map(({ kind }) => kind);
const REQUEST = encodeStage2(simplestScenario(), { freshVm: false, deadlineMs: 500, plant: 'none', id: 1n });

test('noise gets a greeting and a complaint, and ends the agent', { timeout: 120_000 }, () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: HEADER_BYTES, maxLength: 3000 }), (noise) => {
      const { answer, code } = feed(noise);
      expect([kindsOf(answer), code]).toEqual([[KIND.hello, KIND.trouble], 1]);
    }),
    { numRuns: RUNS },
  );
});

test('a stream that ends anywhere ends the agent', { timeout: 120_000 }, () => {
  const stream = Buffer.concat([message(KIND.facts, 1), message(KIND.execute, 2, REQUEST)]);
  for (let length = 0; length < stream.length; length += 7) {
    const { answer, code } = feed(stream.subarray(0, length));
    const whole = length === HEADER_BYTES || length === 0;
    expect(kindsOf(answer)).toEqual(length < HEADER_BYTES ? [KIND.hello] : [KIND.hello, KIND.facts]);
    if (whole) expect(code).toBe(0);
  }
});

test('an unknown kind of message is refused, and the next one answered', () => {
  const { answer, code } = feed(
    Buffer.concat([message(99, 1, Buffer.alloc(5000)), message(KIND.ping, 2, Buffer.from('x')), message(KIND.bye, 3)]),
  );
  expect([kindsOf(answer), code]).toEqual([[KIND.hello, KIND.trouble, KIND.ping, KIND.bye], 0]);
});

test('a message that is too large is not waited for', () => {
  const { answer, code } = feed(message(KIND.execute, 1, new Uint8Array(0), { size: 0xffffffff }));
  expect([kindsOf(answer), code]).toEqual([[KIND.hello, KIND.trouble], 1]);
});

/** Changes of the framing, and of what a request says of itself; its plant would be obeyed. */
const change = fc.record({
  at: fc.oneof(fc.nat(HEADER_BYTES - 1), fc.nat(HEADER_BYTES + 11), fc.nat(3 * (HEADER_BYTES + REQUEST.length) - 1)),
  value: fc.nat(255),
});

test('whatever becomes of messages, the agent answers in whole messages and ends', { timeout: 240_000 }, () => {
  const one = message(KIND.execute, 1, REQUEST);
  const stream = Buffer.concat([message(KIND.ping, 0, REQUEST), one, one]);
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
      const mutated = Buffer.from(stream);
      for (const { at, value } of changes) {
        const within = at % (HEADER_BYTES + REQUEST.length);
        if (within < HEADER_BYTES + 12) mutated[at] = value;
      }
      const [first, ...rest] = kindsOf(feed(mutated).answer);
      expect(first).toBe(KIND.hello);
      const known: number[] = Object.values(KIND);
      for (const kind of rest) expect(known).toContain(kind);
    }),
    { numRuns: RUNS },
  );
});
