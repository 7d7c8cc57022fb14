import { describe, expect, test } from 'vitest';
import { parseStage2 } from '../../../src/scenario/parse.js';
import { ARM_TABLES, ptPages, GRANULES } from '../../../src/scenario/stage2/arch.js';
import { stage2Problems } from '../../../src/scenario/stage2/constraints.js';
import type { Access, ArmConfig, DataRegion, Stage2Scenario, Step } from '../../../src/scenario/stage2.js';
import { access, armAccess, armConfig, armScenario, scenario } from '../examples.js';

const problems = (candidate: Stage2Scenario): string[] => [...stage2Problems(candidate)].map(({ path }) => path);
const data = (changes: Partial<DataRegion>): DataRegion => ({ ...armConfig().data, ...changes });
const none = (pages: number): ArmConfig['none'] => ({ pages, reads: ['0x0'] });
const with16k = { granule: '16k', data: data({ pages: 4 }), none: none(4) } as const;
const pte = (changes: object): Step => ({
  kind: 'pte',
  region: 'data',
  page: 0,
  level: 'l3',
  flag: 'af',
  set: false,
  by: 'guest',
  vcpu: 0,
  flush: true,
  ...changes,
});
const race = (changes: Partial<Access>): Step => ({
  kind: 'race',
  a: armAccess({ op: 'str', ...changes }),
  b: armAccess({ op: 'str', vcpu: 1 }),
});

test('a scenario of aarch64 survives parsing, with the keys in one order', () => {
  const shuffled = { steps: [armAccess()], config: armConfig(), arch: 'aarch64', family: 'stage2', schema: 1 };
  const parsed = parseStage2(shuffled);
  expect(parsed).toEqual(armScenario([armAccess()]));
  expect(Object.keys(parsed)).toEqual(['schema', 'family', 'arch', 'config', 'steps']);
  expect(Object.keys(parsed.config).slice(0, 7)).toEqual([
    'privilege',
    'vcpus',
    'dirtyTracking',
    'granule',
    'ha',
    'hd',
    'initial',
  ]);
});

test.each<[name: string, json: object]>([
  ['the other architecture', { ...armScenario([]), arch: 'x86_64' }],
  ['fields of the other architecture', { ...scenario([]), arch: 'aarch64' }],
  ['no granule', { ...armScenario([]), config: { ...armConfig(), granule: undefined } }],
])('a scenario with %s is refused', (_name, json) => {
  expect(() => parseStage2(JSON.parse(JSON.stringify(json)))).toThrow(/^\$\.config/);
});

describe('a configuration of aarch64', () => {
  test('is made of whole leaves', () => {
    expect(problems(armScenario([], { ...with16k, data: data({ pages: 8, offsetPages: 508 }) }))).toEqual([]);
    expect(problems(armScenario([], { ...with16k, data: data({ pages: 2 }) }))).toEqual(['$.config.data.pages']);
    expect(problems(armScenario([], { ...with16k, data: data({ pages: 4, offsetPages: 2 }) }))).toEqual([
      '$.config.data.offsetPages',
    ]);
    expect(problems(armScenario([], { ...with16k, data2: data({ pages: 3 }) }))).toEqual(['$.config.data2.pages']);
    expect(problems(armScenario([], { ...with16k, none: none(2) }))).toEqual(['$.config.none.pages']);
  });

  test('manages the dirty state only with the access flag', () => {
    expect(problems(armScenario([], { ha: true, hd: true }))).toEqual([]);
    expect(problems(armScenario([], { ha: false, hd: true }))).toEqual(['$.config.hd']);
  });

  test.each(GRANULES)('has three levels of tables within its pages with %s', (granule) => {
    const { pages, l1, l2, l3, shift, entries } = ARM_TABLES[granule];
    expect(ptPages(armConfig({ granule }))).toBe(pages);
    const tablePages = entries / 512;
    for (const first of [l1, l2, ...Object.values(l3)]) expect(first + tablePages).toBeLessThanOrEqual(pages);
    expect(2 ** (shift.l2 - shift.l3)).toBe(entries);
    expect(2 ** (shift.l1 - shift.l2)).toBe(entries);
  });
});

describe('a step of aarch64 is valid', () => {
  test.each<[name: string, step: Step, changes?: Partial<ArmConfig>]>([
    ['as an unaligned load', armAccess({ offset: 1 })],
    ['as a store across two pages', armAccess({ op: 'str', offset: 4092 })],
    ['as a compare-and-swap with a comparand', armAccess({ op: 'cas', comparand: 'copy', offset: 8 })],
    ['as a fetch of the stub', armAccess({ op: 'blr', width: 4, offset: 0xf80 })],
    ['as a store right after the stub', armAccess({ op: 'str', width: 4, offset: 0xf84 })],
    ['as a block of zeroes', armAccess({ op: 'dc_zva', width: 64, offset: 64 })],
    ['as a translation at EL1', armAccess({ op: 'at_s1e1w', width: 1 })],
    ['as an edit of a table', pte({ level: 'l1', flag: 'valid' })],
    ['as an edit of DBM', pte({ flag: 'dbm', set: true })],
    ['as a hole in the last table', { kind: 'hole', region: 'pt', page: 11, pages: 1, how: 'dontneed' }, with16k],
    ['as a race of compare-and-swap', race({ op: 'cas', comparand: 'value' }), { vcpus: 2 }],
  ])('%s', (_name, step, changes) => {
    expect(problems(armScenario([step], changes))).toEqual([]);
  });
});

describe('a step of aarch64 is refused', () => {
  test.each<[name: string, path: string, step: Step, changes?: Partial<ArmConfig>]>([
    ['with an operation of x86', '.op', access()],
    ['when an atomic is not aligned', '.offset', armAccess({ op: 'cas', offset: 4 })],
    ['when an acquiring load is not aligned', '.offset', armAccess({ op: 'ldar', offset: 1 })],
    ['when a block is not aligned', '.offset', armAccess({ op: 'dc_zva', width: 64, offset: 8 })],
    ['when it is an instruction of EL1 at EL0', '.op', armAccess({ op: 'at_s1e1r', width: 1 }), { privilege: 'user' }],
    ['when it writes the last byte of the stub', '.offset', armAccess({ op: 'str', width: 1, offset: 0xf83 })],
    ['as a fetch from elsewhere', '.offset', armAccess({ op: 'blr', width: 4 })],
    ['with a comparand when it does not compare', '.comparand', armAccess({ op: 'swp', comparand: 'zero' })],
    ['when it edits an entry at a level of x86', '.level', pte({ level: 'pte' })],
    ['when it edits a flag of x86', '.flag', pte({ flag: 'accessed' })],
    ['when it edits more than validity in a table', '.flag', pte({ level: 'l2', flag: 'af' })],
    ['when its hole is beyond the tables', '.page', { kind: 'hole', region: 'pt', page: 8, pages: 1, how: 'free' }],
    ['as a race of exclusives', '.a.op', race({ op: 'stxr' }), { vcpus: 2 }],
  ])('%s', (_name, path, step, changes) => {
    expect(problems(armScenario([step], changes))).toEqual([`$.steps[0]${path}`]);
  });

  test('by x86, when it is one of aarch64', () => {
    expect(problems(scenario([armAccess()]))).toEqual(['$.steps[0].op']);
    expect(problems(scenario([pte({})]))).toEqual(['$.steps[0].level']);
  });
});
