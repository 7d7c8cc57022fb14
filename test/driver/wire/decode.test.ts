import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeStage2 } from '../../../src/driver/wire/decode.js';
import { END_STEP } from '../../../src/driver/observation.js';
import { WIRE_ENUMS, WIRE_VERSION, wireOffsets } from '../../../src/driver/wire/spec.js';
import { frame, type RawEvent } from './response-writer.js';

const HEADER = wireOffsets('response');
const region = (name: (typeof WIRE_ENUMS.region)[number]): number => WIRE_ENUMS.region.indexOf(name);
const one = (event: RawEvent): unknown => decodeStage2(frame({}, [event])).events[0];

describe('a response', () => {
  test('has a status, a sentence, and whether the machine was reused', () => {
    const bytes = frame({ status: 2, detail: 'no free huge page', reused: 1 }, []);
    expect(decodeStage2(bytes)).toEqual({ status: 'skipped', detail: 'no free huge page', reused: true, events: [] });
  });

  test('may fill the whole detail field', () => {
    expect(decodeStage2(frame({ status: 3, detail: 'x'.repeat(104) }, [])).detail).toBe('x'.repeat(104));
  });

  test('may lie anywhere in a larger buffer', () => {
    const bytes = frame({}, [{ kind: 'ring_full', vcpu: 1, step: 3 }]);
    const large = new Uint8Array(bytes.length + 13).fill(0xee);
    large.set(bytes, 5);
    expect(decodeStage2(large.subarray(5, 5 + bytes.length)).events).toEqual([{ kind: 'ring_full', step: 3, vcpu: 1 }]);
  });

  test.each([
    ['is empty', new Uint8Array(0)],
    ['is shorter than a header', frame({}, []).subarray(0, HEADER.size - 1)],
    ['has another magic', frame({ magic: 1 }, [])],
    ['is of another version', frame({ version: WIRE_VERSION + 1 }, [])],
    ['has an unknown status', frame({ status: WIRE_ENUMS.status.length }, [])],
    ['states another size', frame({ size: HEADER.size + 1 }, [])],
    ['states more events than it has', frame({ count: 1 }, [])],
    ['states fewer events than it has', frame({ count: 0 }, [{ kind: 'hang' }])],
    ['has an unknown event', frame({}, [{ kind: WIRE_ENUMS.event.length }])],
    ['has an event of an unknown vCPU', frame({}, [{ kind: 'hang', vcpu: 2 }])],
    ['names an unknown region', frame({}, [{ kind: 'withdrawn', arg: WIRE_ENUMS.region.length }])],
    ['names an unknown page base', frame({}, [{ kind: 'page', a: 3n }])],
  ])('that %s is the harness’s fault', (_what, bytes) => {
    expect(() => decodeStage2(bytes)).toThrow(/^HARNESS: /);
  });

  test('of random bytes gives an observation or a HARNESS error', () => {
    const header = fc.record({ status: fc.nat(5), reused: fc.nat(255), detail: fc.string({ maxLength: 20 }) });
    const field = fc.bigInt({ min: 0n, max: (1n << 64n) - 1n });
    const event = fc.record({
      kind: fc.nat(WIRE_ENUMS.event.length),
      vcpu: fc.constantFrom(0, 1, 2, 0xff),
      arg: fc.nat(0xffffffff),
      a: field,
      b: field,
      c: field,
    });
    const shaped = fc.tuple(header, fc.array(event)).map(([head, events]) => frame(head, events));
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 400 }), shaped), (bytes) => {
        try {
          expect(decodeStage2(bytes).status).toBeTypeOf('string');
        } catch (error) {
          expect(error).toHaveProperty('message', expect.stringMatching(/^HARNESS: /));
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe('an event', () => {
  const top = 0xffffffffffffffffn;

  test.each<[RawEvent, object]>([
    [
      { kind: 'uffd', arg: region('pt') | (7 << 8) | (0b011 << 24), a: 2n, b: 17n, vcpu: 0xff },
      { region: 'pt', page: 7, write: true, wp: true, minor: false, answer: 2, errno: 17, vcpu: 'host' },
    ],
    [
      { kind: 'uffd', arg: region('data') | (4 << 24), a: 0xffn },
      { minor: true, write: false, answer: 0xff },
    ],
    [
      { kind: 'mmio', arg: 8 | 0x100, a: 0x7fc0000ff8n, b: top },
      { write: true, len: 8, gpa: 0x7fc0000ff8, data: top },
    ],
    [
      { kind: 'done', a: top, b: 1n, c: 0x3046n },
      { rax: top, rdx: 1n, rflags: 0x3046 },
    ],
    [
      { kind: 'lanes', arg: 3, a: 1n, b: 2n, c: top },
      { first: 3, lanes: [1n, 2n, top] },
    ],
    [
      { kind: 'registers', a: top - 7n, b: 8n, c: 64n },
      { rdi: -8, rsi: 8, rcx: 64 },
    ],
    [
      { kind: 'exception', arg: 14 | 0x100, a: 7n, b: 0x8000000ff8n, c: 0n },
      { vector: 14, errorCode: 7, cr2: 0x8000000ff8, ripOffset: 0 },
    ],
    [
      { kind: 'exception', arg: 6, a: 7n, c: top - 1n },
      { vector: 6, errorCode: undefined, ripOffset: -2 },
    ],
    [
      { kind: 'internal_error', arg: 1, a: 8n, b: 1n, c: 1n },
      { suberror: 1, atLabel: true },
    ],
    [
      { kind: 'internal_error', arg: 3 },
      { suberror: 3, atLabel: false },
    ],
    [
      { kind: 'memory_fault', arg: 14, a: 8n, b: 0x6000001000n },
      { errno: 14, flags: 8n, gpa: 0x6000001000 },
    ],
    [{ kind: 'run_error', arg: 38 }, { errno: 38 }],
    [{ kind: 'shutdown' }, {}],
    [{ kind: 'other_exit', arg: 9 }, { reason: 9 }],
    [
      { kind: 'sigbus', a: BigInt(region('data2') | (199 << 8)), arg: 4 },
      { region: 'data2', page: 199, code: 4 },
    ],
    [
      { kind: 'hang', vcpu: 1, step: END_STEP },
      { vcpu: 1, step: END_STEP },
    ],
    [
      { kind: 'ptes', arg: region('data') | (1 << 8) | (0b101 << 24), a: 0x27n, b: 1n, c: 0x67n },
      { region: 'data', page: 1, entries: { pte: 0x27n, pde: undefined, pdpte: 0x67n } },
    ],
    [
      { kind: 'result', arg: 22 | 0x10000, a: 5n },
      { errno: 22, byDriver: true, value: 5n },
    ],
    [
      { kind: 'dirty_word', arg: region('data'), a: 3n, b: 1n << 63n },
      { region: 'data', index: 3, bits: 1n << 63n },
    ],
    [
      { kind: 'ring_entry', arg: region('pt'), a: 2n, vcpu: 1 },
      { region: 'pt', page: 2, vcpu: 1 },
    ],
    [{ kind: 'withdrawn', arg: region('data2') }, { region: 'data2' }],
    [
      { kind: 'page', arg: region('data') | (150 << 8), a: 2n, b: 512n },
      { region: 'data', page: 150, base: 'copy', differing: 512 },
    ],
    [
      { kind: 'page_word', arg: region('data'), a: 0xff8n, b: top },
      { page: 0, offset: 0xff8, value: top },
    ],
    [{ kind: 'child', arg: 1, vcpu: 0xff }, { changed: true }],
  ])('%o reads as the contract says', (raw, fields) => {
    expect(one(raw)).toMatchObject({ kind: raw.kind, ...fields });
  });

  test('of every kind can be read', () => {
    for (const kind of WIRE_ENUMS.event) expect(one({ kind })).toMatchObject({ kind, step: 0, vcpu: 0 });
  });
});
