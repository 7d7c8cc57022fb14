import { describe, expect, test } from 'vitest';
import { stage2Sweep } from '../../src/arbitraries/stage2/sweep.js';
import { Ragged } from '../../src/arbitraries/stage2/sweep/ragged.js';
import { skipReason } from '../../src/model/stage2/skips.js';
import { parseStage2 } from '../../src/scenario/parse.js';
import type { Stage2Profile } from '../../src/scenario/profile.js';
import { ARM_OP_NAMES, X86_OP_NAMES } from '../../src/scenario/stage2/ops.js';
import { armProfile, features, profile } from './profiles.js';

const poor = profile({ features: features(false), ringSoftLimit: 0, readOnlyTables: 'undefined' });
const machines: [string, Stage2Profile][] = [
  ['x86_64 with everything', profile()],
  ['x86_64 with nothing', poor],
  ['aarch64 with everything', armProfile()],
];

test('a number is found in lists behind each other as by counting', () => {
  const sizes = [3, 0, 1, 0, 0, 5, 2];
  const all = sizes.flatMap((size, list) => Array.from({ length: size }, (_, place) => ({ list, place })));
  const ragged = new Ragged(sizes);
  expect(ragged.size).toBe(all.length);
  expect(all.map((_, index) => ragged.find(index))).toEqual(all);
  for (const outside of [-1, all.length, 0.5]) expect(() => ragged.find(outside)).toThrow(RangeError);
});

describe.each(machines)('the sweep of %s', (_name, machine) => {
  test.each([1, 2])('of %i has valid scenarios that run there, wherever one looks', (steps) => {
    const sweep = stage2Sweep(machine, steps);
    const stride = Math.ceil(sweep.size / 3001);
    for (let index = 0; index < sweep.size; index += stride) {
      const scenario = sweep.at(index);
      expect(parseStage2(JSON.parse(JSON.stringify(scenario)))).toEqual(scenario);
      expect(skipReason(scenario, machine)).toBeUndefined();
    }
    expect(() => sweep.at(sweep.size)).toThrow(RangeError);
  });

  test('gives the same scenario for a number, whatever was asked for before', () => {
    const numbers = Array.from({ length: 500 }, (_, i) => i);
    const forwards = stage2Sweep(machine, 1);
    const backwards = stage2Sweep(machine, 1);
    const there = numbers.map((i) => forwards.at(i * 7));
    const back = numbers.toReversed().map((i) => backwards.at(i * 7));
    expect(back.toReversed()).toEqual(there);
  });
});

test('no scenario comes twice, and every operation comes', () => {
  const sweep = stage2Sweep(poor, 1);
  const seen = new Set<string>();
  const ops = new Set<string>();
  for (let index = 0; index < sweep.size; index++) {
    const scenario = sweep.at(index);
    seen.add(JSON.stringify(scenario));
    for (const step of scenario.steps) if (step.kind === 'access') ops.add(step.op);
  }
  expect(seen.size).toBe(sweep.size);
  expect([...ops].sort()).toEqual([...X86_OP_NAMES].sort());
});

test('every operation of aarch64 comes, with each way to set the access flag', () => {
  const sweep = stage2Sweep(armProfile(), 1);
  const seen = new Set<string>();
  for (let index = 0; index < sweep.size; index += 11) {
    const { config, steps } = sweep.at(index);
    const [access] = steps.filter((step) => step.kind === 'access');
    if ('granule' in config) seen.add(access?.op ?? '').add([config.granule, config.ha, config.initial.af].join(' '));
  }
  for (const op of ARM_OP_NAMES) expect(seen).toContain(op);
  for (const paging of ['4k true false', '16k false true', '64k true true']) expect(seen).toContain(paging);
});

test('what a machine has makes its sweep larger', () => {
  expect(stage2Sweep(profile(), 1).size).toBeGreaterThan(stage2Sweep(poor, 1).size);
  expect(stage2Sweep(poor, 2).size).toBeGreaterThan(stage2Sweep(poor, 1).size);
});
