import { describe, expect, test } from 'vitest';
import { stage2Family } from '../../../src/campaign/families/stage2.js';
import { configurationWords, stepShape, stepText } from '../../../src/campaign/families/stage2Words.js';
import type { Access, Step } from '../../../src/scenario/stage2.js';
import { access, armAccess, armConfig, armScenario, config, scenario, uffd } from '../../scenario/examples.js';

const ro = { log: false, readonly: true };
const leaf: Step = {
  kind: 'pte',
  region: 'data',
  page: 1,
  level: 'l3',
  flag: 'af',
  set: false,
  by: 'host',
  vcpu: 0,
  flush: false,
};

describe('the configuration in words', () => {
  test.each([
    [scenario([]), 'CPL0 bitmap anon'],
    [scenario([], { privilege: 'user', data: { ...config().data, flags: ro } }), 'CPL3 bitmap anon ro'],
    [armScenario([]), 'EL1 4k bitmap anon'],
    [
      armScenario([], {
        privilege: 'user',
        granule: '64k',
        dirtyTracking: 'ring',
        data: { ...armConfig().data, flags: ro },
      }),
      'EL0 64k ring anon ro',
    ],
    [armScenario([], { data: { ...armConfig().data, uffd: uffd() } }), 'EL1 4k bitmap anon uffd-missing'],
  ])('of %# is %s', (value, words) => {
    expect(configurationWords(value)).toBe(words);
  });
});

describe('the shape of a step', () => {
  test.each<[changes: Partial<Access>, shape: string]>([
    [{}, 'load data'],
    [{ op: 'ldrs' }, 'load data'],
    [{ op: 'stlr' }, 'store data'],
    [{ op: 'ldp', width: 16 }, 'wide load data'],
    [{ op: 'dc_zva', width: 64 }, 'wide store data'],
    [{ op: 'str_pre' }, 'writeback store data'],
    [{ op: 'ldr_post' }, 'writeback load data'],
    [{ op: 'sttr' }, 'unprivileged store data'],
    [{ op: 'cas' }, 'update data'],
    [{ op: 'stxr' }, 'update data'],
    [{ op: 'blr', width: 4 }, 'fetch data'],
    [{ op: 'at_s1e1r', width: 1 }, 'at_s1e1r data'],
    [{ op: 'dc_civac', width: 1 }, 'dc_civac data'],
    [{ op: 'str', region: 'none' }, 'store MMIO'],
    [{ op: 'str', offset: 4092 }, 'store data straddling'],
  ])('%j of aarch64 is "%s"', (changes, shape) => {
    expect(stepShape(armAccess(changes))).toBe(shape);
  });

  test.each<[changes: Partial<Access>, shape: string]>([
    [{}, 'load data'],
    [{ op: 'fetch', width: 2 }, 'fetch data'],
    [{ op: 'clflush', width: 1 }, 'clflush data'],
    [{ op: 'prefetchw', width: 1 }, 'prefetchw data'],
    [{ op: 'rep_stos' }, 'rep store data'],
    [{ op: 'movs' }, 'move data'],
    [{ op: 'lock_add' }, 'update data'],
    [{ op: 'avx_store', width: 32 }, 'wide store data'],
  ])('%j of x86 is "%s"', (changes, shape) => {
    expect(stepShape(access(changes))).toBe(shape);
  });

  test('names level and flag of an edit, and the end', () => {
    expect(stepShape(leaf)).toBe('pte l3 clear af by host');
    expect(stepShape(undefined)).toBe('end');
  });
});

test('a step has all its numbers in one line', () => {
  expect(stepText(leaf)).toBe('host clears af in the l3 of data[1], no flush');
  expect(stepText(armAccess({ op: 'cas', comparand: 'copy', value: '0x5', page: 1, offset: 16 }))).toBe(
    'vCPU 0: cas 8 at data[1]+0x10, value 0x5, comparand copy',
  );
  expect(stepText(access({ op: 'cmpxchg', width: 4 }))).toBe(
    'vCPU 0: cmpxchg 4 at data[0]+0x0, value 0x0, comparand initial',
  );
});

test('a signature says at which privilege', () => {
  const mismatch = { rule: 'any', step: 0, expected: '', observed: '' };
  expect(stage2Family.shape(scenario([access()]), mismatch)).toBe('load data at CPL0');
  expect(stage2Family.shape(scenario([], { privilege: 'user' }), undefined)).toBe('end at CPL3');
  expect(stage2Family.shape(armScenario([armAccess()]), mismatch)).toBe('load data at EL1');
  expect(stage2Family.shape(armScenario([], { privilege: 'user' }), undefined)).toBe('end at EL0');
});
