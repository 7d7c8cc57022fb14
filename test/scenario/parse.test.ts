import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ScenarioError } from '../../src/scenario/error.js';
import { parseStage2 } from '../../src/scenario/parse.js';
import { access, config, scenario } from './examples.js';

function refusal(json: unknown): string {
  try {
    parseStage2(json);
  } catch (error) {
    if (error instanceof ScenarioError) return error.message;
    throw error;
  }
  return 'accepted';
}

const valid = scenario([access(), { kind: 'hole', region: 'data', page: 1, pages: 1, how: 'free' }]);

describe('parsing a scenario', () => {
  test('returns what it was given', () => {
    expect(parseStage2(JSON.parse(JSON.stringify(valid)))).toEqual(valid);
  });

  test.each<[json: unknown, message: string]>([
    [null, '$: expected a scenario object, got null'],
    [[], '$: expected a scenario object, got []'],
    [{}, '$.schema: is missing, expected 1'],
    [{ ...valid, schema: 2 }, '$.schema: version 2 of the scenario format is not supported, only version 1'],
    [{ ...valid, schema: '1' }, '$.schema: version "1" of the scenario format is not supported, only version 1'],
    [{ ...valid, family: 'msr' }, '$.family: expected "stage2", got "msr"'],
    [{ ...valid, arch: undefined }, '$.arch: is missing, expected ("x86_64" | "aarch64")'],
    [{ ...valid, extra: 1 }, '$.extra: unknown field'],
    [{ ...valid, 'odd name': 1 }, '$["odd name"]: unknown field'],
    [{ ...valid, config: { ...config(), vcpus: 3 } }, '$.config.vcpus: expected (1 | 2), got 3'],
    [
      { ...valid, config: { ...config(), none: { pages: 1, reads: [] } } },
      '$.config.none.reads: expected >=1 entries, got 0',
    ],
    [{ ...valid, steps: 'none' }, '$.steps: expected Array, got "none"'],
    [{ ...valid, steps: Array(33).fill(access()) }, '$.steps: 33 steps, at most 32 are supported'],
    [{ ...valid, steps: [access(), { ...access(), page: 200 }] }, '$.steps[1].page: expected a number <=199, got 200'],
    [{ ...valid, steps: [{ ...access(), page: '0' }] }, '$.steps[0].page: expected number, got "0"'],
    [{ ...valid, steps: [{ ...access(), page: 0.5 }] }, '$.steps[0].page: expected an integer, got 0.5'],
    [{ ...valid, steps: [{ ...access(), note: 1 }] }, '$.steps[0].note: unknown field'],
    [
      { ...valid, steps: [{ ...access(), value: '0xG' }] },
      '$.steps[0].value: expected 0x and 1 to 16 lower-case hex digits, got "0xG"',
    ],
    [{ ...valid, steps: [{ ...access(), page: 2 }] }, '$.steps[0].page: the data region has only 2 pages'],
  ])('refuses %j', (json, message) => {
    expect(refusal(json)).toBe(message);
  });

  test('names the step kinds and actions that there are', () => {
    expect(refusal({ ...valid, steps: [{ kind: 'jump' }] })).toMatch(
      /^\$\.steps\[0\]\.kind: expected .*"access".*, got "jump"$/,
    );
    expect(refusal({ ...valid, steps: [{ kind: 'host', action: 'nap' }] })).toMatch(
      /^\$\.steps\[0\]\.action: expected .*"mprotect".*, got "nap"$/,
    );
  });

  test('names a missing field', () => {
    expect(refusal({ ...valid, steps: [{ ...access(), sweep: undefined }] })).toMatch(
      /^\$\.steps\[0\]\.sweep: is missing/,
    );
  });

  test('keeps long values out of its message', () => {
    expect(refusal({ ...valid, family: 'x'.repeat(5000) }).length).toBeLessThan(200);
  });

  test('of any JSON value either succeeds or throws a ScenarioError', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), fc.nat(3), (a, b, where) => {
        const json = [
          a,
          { ...valid, config: a },
          { ...valid, steps: [a, b] },
          { ...valid, steps: [{ kind: 'uffd', uffd: a }] },
        ];
        expect(refusal(json[where])).not.toBe('accepted');
      }),
    );
  });
});
