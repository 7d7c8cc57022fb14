import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { stage2Arbitrary } from '../../../src/arbitraries/stage2.js';
import { DEFAULT_WITHDRAW_MS, encodeStage2, type EncodeOptions } from '../../../src/driver/wire/encode.js';
import { WIRE_BITS, WIRE_ENUMS, WIRE_MAGIC, WIRE_VERSION, wireLayout } from '../../../src/driver/wire/spec.js';
import { setHex64 } from '../../../src/driver/wire/stage2/hex.js';
import { toHex64 } from '../../../src/scenario/hex.js';
import { PT_PAGES } from '../../../src/scenario/stage2/layout.js';
import { profile } from '../../arbitraries/profiles.js';
import { access, scenario } from '../../scenario/examples.js';
import { numberOf, readRequest, readStruct } from './request-reader.js';

const options: EncodeOptions = { freshVm: false, deadlineMs: 1000, plant: 'none', id: 0n };
const arbitrary = stage2Arbitrary(profile());
const sizes = {
  request: wireLayout('request').sizeBytes,
  region: wireLayout('region').sizeBytes,
  step: wireLayout('step').sizeBytes,
};

describe('a request', () => {
  test('holds all of any scenario', () => {
    fc.assert(
      fc.property(arbitrary, (some) => {
        const { config, steps } = readRequest(encodeStage2(some, options));
        expect(config).toEqual(some.config);
        expect(steps).toEqual(some.steps);
      }),
      { numRuns: 5000 },
    );
  });

  test('states its size, its number of records and its kind', () => {
    fc.assert(
      fc.property(arbitrary, (some) => {
        const bytes = encodeStage2(some, options);
        const { header } = readRequest(bytes);
        const races = some.steps.filter(({ kind }) => kind === 'race').length;
        const records = some.steps.length + races;
        expect(bytes.length).toBe(sizes.request + 3 * sizes.region + records * sizes.step);
        expect(numberOf(header, 'size_bytes')).toBe(bytes.length);
        expect(numberOf(header, 'step_count')).toBe(records);
        expect(numberOf(header, 'magic')).toBe(WIRE_MAGIC);
        expect(numberOf(header, 'version')).toBe(WIRE_VERSION);
        expect(numberOf(header, 'family')).toBe(0);
        expect(numberOf(header, 'arch')).toBe(0);
      }),
    );
  });

  test('says how it is to be executed', () => {
    const { header } = readRequest(
      encodeStage2(scenario([]), {
        freshVm: true,
        deadlineMs: 70_000,
        withdrawMs: 35,
        plant: 'wedge',
        id: (1n << 64n) - 2n,
      }),
    );
    expect(numberOf(header, 'flags')).toBe(WIRE_BITS.request.fresh_vm);
    expect(numberOf(header, 'deadline_ms')).toBe(70_000);
    expect(numberOf(header, 'withdraw_ms')).toBe(35);
    expect(numberOf(header, 'plant')).toBe(WIRE_ENUMS.plant.indexOf('wedge'));
    expect(header['id']).toEqual([(1n << 64n) - 2n]);
    const { header: plain } = readRequest(encodeStage2(scenario([]), options));
    expect(numberOf(plain, 'withdraw_ms')).toBe(DEFAULT_WITHDRAW_MS);
    expect(numberOf(plain, 'flags')).toBe(0);
  });

  test('has the pages of the page tables in their region, and nothing in the region that is not there', () => {
    const bytes = encodeStage2(scenario([]), options);
    expect(numberOf(readStruct(bytes, sizes.request, 'region'), 'pages')).toBe(PT_PAGES);
    expect(bytes.subarray(sizes.request + 2 * sizes.region)).toEqual(new Uint8Array(sizes.region));
  });

  test('has nothing left of the one before', () => {
    fc.assert(
      fc.property(arbitrary, arbitrary, (first, second) => {
        const alone = encodeStage2(second, options);
        encodeStage2(first, options);
        expect(encodeStage2(second, options)).toEqual(alone);
      }),
    );
  });

  test('is not changed by the one after', () => {
    const first = encodeStage2(scenario([access({ value: '0xffffffffffffffff' })]), options);
    const copy = first.slice();
    encodeStage2(scenario([access({ op: 'store' })]), options);
    expect(first).toEqual(copy);
  });

  test('is not made for a plant or a number of steps that the driver does not know', () => {
    expect(() => encodeStage2(scenario([]), { ...options, plant: 'rose' })).toThrow(/^HARNESS: .*rose/);
    expect(() => encodeStage2(scenario(Array(33).fill(access())), options)).toThrow(/^HARNESS: .*32 steps/);
  });
});

test('hex strings become little-endian numbers', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }), (value) => {
      const view = new DataView(new ArrayBuffer(8));
      setHex64(view, 0, toHex64(value));
      expect(view.getBigUint64(0, true)).toBe(value);
    }),
  );
});
