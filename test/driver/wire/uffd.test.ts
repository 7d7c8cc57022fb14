import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { simplifyUffd } from '../../../src/arbitraries/uffd/simplify.js';
import { uffdArbitrary } from '../../../src/arbitraries/uffd.js';
import type { EncodeOptions } from '../../../src/driver/wire/encode.js';
import { Frames } from '../../../src/driver/wire/frames.js';
import { WIRE_ENUMS, WIRE_MAGIC, WIRE_VERSION, wireLayout } from '../../../src/driver/wire/spec.js';
import { appendUffd, decodeUffd } from '../../../src/driver/wire/uffd.js';
import { UFFD_FEATURES, featureBits } from '../../../src/scenario/uffd/features.js';
import { modeBits } from '../../../src/scenario/uffd/ioctls.js';
import type { UffdScenario, UffdStep } from '../../../src/scenario/uffd.js';
import { uffdProfile } from '../../model/uffd/support.js';
import { numberOf, readStruct } from './request-reader.js';
import { frame } from './response-writer.js';

const options: EncodeOptions = { freshVm: false, deadlineMs: 1000, plant: 'none', id: 0n };
const arbitrary = uffdArbitrary(uffdProfile());
const REQUEST = wireLayout('uffd_request').sizeBytes;
const STEP = wireLayout('uffd_step').sizeBytes;

function encode(scenario: UffdScenario, how = options): Uint8Array {
  const frames = new Frames();
  appendUffd(scenario, how, frames);
  return Uint8Array.from(frames.from(0));
}

/** What a step record must say of the steps that say where and what. */
function fieldsOf(step: UffdStep): Readonly<Record<string, number>> | undefined {
  const kinds = WIRE_ENUMS.uffd_step_kind;
  if (step.kind === 'access') {
    const { thread, page, word, op, by } = step;
    return {
      kind: kinds.indexOf(by === 'kernel' ? `kernel_${op}` : op),
      thread,
      page,
      word,
      value: Number(BigInt(step.value)),
    };
  }
  if (step.kind === 'fork' || step.kind === 'exit') return { kind: kinds.indexOf(step.kind) };
  if (step.kind !== 'ioctl') return undefined;
  const { page, pages, flaw } = step.range;
  return {
    kind: kinds.indexOf('ioctl'),
    ioctl: WIRE_ENUMS.uffd_ioctl.indexOf(step.ioctl),
    flaw: WIRE_ENUMS.uffd_flaw.indexOf(flaw),
    page,
    pages,
    source: step.source,
    descriptor: WIRE_ENUMS.uffd_descriptor.indexOf(step.descriptor ?? 'own'),
    mode: modeBits(step.ioctl, step.mode),
  };
}

describe('a request of the uffd family', () => {
  test('holds the configuration, and every access and call', () => {
    fc.assert(
      fc.property(arbitrary, (scenario) => {
        const bytes = encode(scenario);
        const { config, steps } = scenario;
        const header = readStruct(bytes, 0, 'uffd_request');
        expect(bytes.length).toBe(REQUEST + steps.length * STEP);
        expect(['magic', 'version', 'size_bytes', 'step_count', 'pages'].map((name) => numberOf(header, name))).toEqual(
          [WIRE_MAGIC, WIRE_VERSION, bytes.length, steps.length, config.content.length],
        );
        expect(numberOf(header, 'family')).toBe(WIRE_ENUMS.family.indexOf('uffd'));
        expect(WIRE_ENUMS.uffd_memory[numberOf(header, 'memory')]).toBe(config.memory);
        expect(WIRE_ENUMS.uffd_open[numberOf(header, 'open')]).toBe(config.open);
        expect(numberOf(header, 'features')).toBe(featureBits(config.features) | UFFD_FEATURES.thread_id);
        const states = header['content']?.map((state) => WIRE_ENUMS.uffd_page_state[Number(state)]);
        expect(states?.slice(0, config.content.length)).toEqual(config.content);
        steps.forEach((step, i) => {
          const record = readStruct(bytes, REQUEST + i * STEP, 'uffd_step');
          for (const [name, value] of Object.entries(fieldsOf(step) ?? {})) expect(numberOf(record, name)).toBe(value);
        });
      }),
      { numRuns: 2000 },
    );
  });

  test('is another one for another scenario', () => {
    for (const scenario of fc.sample(arbitrary, { numRuns: 100, seed: 8 })) {
      const bytes = Buffer.from(encode(scenario)).toString('hex');
      for (const other of simplifyUffd(scenario))
        expect(Buffer.from(encode(other)).toString('hex'), JSON.stringify(other)).not.toBe(bytes);
    }
  });

  test('has nothing left of the one before', () => {
    fc.assert(
      fc.property(arbitrary, arbitrary, (first, second) => {
        const frames = new Frames();
        appendUffd(first, options, frames);
        frames.clear();
        appendUffd(second, options, frames);
        expect(Uint8Array.from(frames.from(0))).toEqual(encode(second));
      }),
    );
  });

  test('refuses to say what the frame cannot hold', () => {
    const [scenario] = fc.sample(arbitrary, 1);
    if (scenario === undefined) throw new Error('nothing was generated');
    expect(() => encode(scenario, { ...options, plant: 'unheard_of' })).toThrow(/^HARNESS: /);
  });
});

test('a response of random bytes gives an observation or a HARNESS error', () => {
  const field = fc.bigInt({ min: 0n, max: (1n << 64n) - 1n });
  const event = fc.record({
    kind: fc.nat(WIRE_ENUMS.uffd_event_kind.length),
    vcpu: fc.constantFrom(0, 1, 2, 3, 0xff),
    arg: fc.nat(0xffffffff),
    a: field,
    b: field,
    c: field,
  });
  const header = fc.record({ status: fc.nat(5), detail: fc.string({ maxLength: 20 }) });
  const shaped = fc.tuple(header, fc.array(event)).map(([head, events]) => frame(head, events));
  let read = 0;
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 400 }), shaped), (bytes) => {
      try {
        expect(WIRE_ENUMS.status).toContain(decodeUffd(bytes).status);
        read++;
      } catch (error) {
        expect(String(error)).toMatch(/HARNESS: /);
      }
    }),
    { numRuns: 3000 },
  );
  expect(read).toBeGreaterThan(0);
});
