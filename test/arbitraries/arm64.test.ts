import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { stage2Arbitrary } from '../../src/arbitraries/stage2.js';
import { parseStage2 } from '../../src/scenario/parse.js';
import type { ArmProfile } from '../../src/scenario/profile.js';
import type { Access, ArmConfig, ArmScenario, Pte, Step } from '../../src/scenario/stage2.js';
import { GRANULE_PAGES, GRANULES } from '../../src/scenario/stage2/arch.js';
import { BACKINGS, DIRTY_TRACKINGS, MISSING_ANSWERS } from '../../src/scenario/stage2/config.js';
import { RACE_OPS } from '../../src/scenario/stage2/constraints.js';
import { PAGE_SIZE } from '../../src/scenario/stage2/layout.js';
import { ARM_OP_NAMES, opInfo } from '../../src/scenario/stage2/ops.js';
import { ARM_PTE_FLAGS } from '../../src/scenario/stage2/steps.js';
import { armProfile, features } from './profiles.js';
import { accessesOf, SHARED_VARIANTS, variant } from './variants.js';

const sample = (machine: ArmProfile, numRuns = 10_000): ArmScenario[] =>
  fc.sample(stage2Arbitrary(machine), { numRuns, seed: 20 }).filter((scenario) => scenario.arch === 'aarch64');
const all = sample(armProfile(), 30_000);
const poor = armProfile({ features: { ...features(false), granule4k: true }, ringSoftLimit: 0 });
const share = (scenarios: readonly ArmScenario[], wants: (scenario: ArmScenario) => boolean): number =>
  scenarios.filter(wants).length / scenarios.length;

describe('generated scenarios of aarch64', () => {
  test.each([
    ['with everything', armProfile()],
    ['with nothing', poor],
    ['with one large granule', armProfile({ features: { ...features(true), granule4k: false, granule16k: false } })],
  ])('are valid and survive JSON on a machine %s', (_name, machine) => {
    const scenarios = sample(machine);
    expect(scenarios).toHaveLength(10_000);
    for (const scenario of scenarios) expect(parseStage2(JSON.parse(JSON.stringify(scenario)))).toEqual(scenario);
  });

  test('are the same for the same seed', () => {
    expect(sample(armProfile(), 200)).toEqual(sample(armProfile(), 200));
  });

  test('are short, because a guest under emulation is slow', () => {
    const mean = (of: (scenario: ArmScenario) => number): number =>
      all.reduce((sum, scenario) => sum + of(scenario), 0) / all.length;
    expect(mean(({ steps }) => steps.length)).toBeLessThan(5);
    expect(mean(({ steps }) => accessesOf(steps).reduce((sum, { sweep }) => sum + sweep, 0))).toBeLessThan(4);
    expect(share(all, ({ config }) => config.data.pages <= 4)).toBeGreaterThan(0.8);
  });
});

const bits = (...values: readonly boolean[]): string => values.map(Number).join('');
type Chooser = (config: ArmConfig) => readonly unknown[];
const choices: [name: string, choose: Chooser, values: readonly unknown[]][] = [
  ['granule', (c) => [c.granule], GRANULES],
  ['ha and hd', (c) => [bits(c.ha, c.hd)], ['00', '10', '11']],
  [
    'initial bits',
    ({ initial: i }) => [bits(i.af, i.dbm, i.writable)],
    ['000', '001', '010', '011', '100', '101', '110', '111'],
  ],
  ['privilege', (c) => [c.privilege], ['kernel', 'user']],
  ['vcpus', (c) => [c.vcpus], [1, 2]],
  ['dirtyTracking', (c) => [c.dirtyTracking], DIRTY_TRACKINGS],
  ['pt.backing', (c) => [c.pt.backing], ['anon', 'anon_thp', 'shmem', 'memfd']],
  ['pt.flags', (c) => [bits(c.pt.flags.log, c.pt.flags.readonly)], ['00', '10', '01', '11']],
  ['pt.uffd', (c) => [c.pt.uffd?.missing, c.pt.uffd?.wp, c.pt.uffd?.minor], [undefined, true, false]],
  ['data.backing', (c) => [c.data.backing], BACKINGS],
  ['data.flags', (c) => [bits(c.data.flags.log, c.data.flags.readonly)], ['00', '10', '01', '11']],
  ['data.pages with small granules', (c) => (c.granule === '4k' ? [c.data.pages] : []), [1, 2, 3, 4, 5, 6, 7, 8]],
  ['data.pages with 16K', (c) => (c.granule === '16k' ? [c.data.pages] : []), [4, 8]],
  ['data.pages with 64K', (c) => (c.granule === '64k' ? [c.data.pages] : []), [16, 32]],
  ['data.offsetPages', (c) => [c.data.offsetPages], [0, 1, 63, 509, 510, 511, 508, 496]],
  ['data2', (c) => [c.data2?.backing], [undefined, ...BACKINGS]],
  ['none.pages', (c) => [c.none.pages], [1, 2, 3, 4, 8, 12, 16]],
  ['missingAnswers', (c) => c.data.uffd?.missingAnswers ?? [], MISSING_ANSWERS],
  ['modes', ({ data: { uffd } }) => (uffd === null ? [] : [bits(uffd.missing, uffd.minor, uffd.wp)]), ['100', '010']],
];

describe('the configurations of aarch64', () => {
  test.each(choices)('have every %s', (_name, choose, values) => {
    expect([...new Set(all.flatMap(({ config }) => choose(config)))]).toEqual(expect.arrayContaining([...values]));
  });

  test('are of regions that begin and end with a leaf', () => {
    for (const { config } of all) {
      const unit = GRANULE_PAGES[config.granule];
      const { data, data2, none } = config;
      const numbers = [data.pages, data.offsetPages, data2?.pages ?? 0, data2?.offsetPages ?? 0, none.pages];
      expect(numbers.filter((number) => number % unit !== 0)).toEqual([]);
    }
  });

  test('have larger granules, in the minority', () => {
    const large = share(all, ({ config }) => config.granule !== '4k');
    expect(large).toBeGreaterThan(0.05);
    expect(large).toBeLessThan(0.2);
  });

  test('have regions of many pages, rarely', () => {
    const many = share(all, ({ config }) => config.data.pages > 64);
    expect(many).toBeGreaterThan(0.001);
    expect(many).toBeLessThan(0.01);
  });
});

const variants: string[] = [
  ...ARM_OP_NAMES.flatMap((op) => opInfo(op).widths.map((width) => `access ${op} ${width}`)),
  ...RACE_OPS.aarch64.map((op) => `race ${op}`),
  ...ARM_PTE_FLAGS.flatMap((flag) => [0, 1].map((set) => `pte l3 ${flag} ${set}`)),
  ...['l2', 'l1'].flatMap((level) => [0, 1].map((set) => `pte ${level} valid ${set}`)),
  ...SHARED_VARIANTS,
];

const isAccess = (step: Step | undefined): step is Access => step?.kind === 'access';
const isPte = (step: Step | undefined): step is Pte => step?.kind === 'pte';
/** Some scenarios have a step that the one after it fits. */
const meetings: [name: string, fits: (step: Step, next: Step | undefined, config: ArmConfig) => boolean][] = [
  [
    'a hole and an access to it',
    (a, b) => a.kind === 'hole' && isAccess(b) && a.region === b.region && a.page === b.page,
  ],
  ['an access flag cleared and then an access', (a, b) => isPte(a) && a.flag === 'af' && !a.set && isAccess(b)],
  [
    'an access flag cleared and then a clean log, of the page tables',
    (a, b) =>
      isPte(a) && a.flag === 'af' && !a.set && b?.kind === 'dirtyLog' && b.action === 'get' && b.region === 'pt',
  ],
  [
    'a slot made read-only and then a write without a syndrome',
    (a, b) => a.kind === 'memslot' && 'flags' in a && a.flags.readonly && isAccess(b) && /str_p|stp|zva/.test(b.op),
  ],
  ['a translation and then the access', (a, b) => isAccess(a) && a.op.startsWith('at_') && isAccess(b)],
  ['an edit of DBM', (a) => isPte(a) && a.flag === 'dbm' && a.set],
  ['an unprivileged load at EL1', (a, _b, { privilege }) => isAccess(a) && a.op === 'ldtr' && privilege === 'kernel'],
  [
    'write-protected page tables and then an access',
    (a, b) => a.kind === 'uffd' && a.action === 'protect' && a.region === 'pt' && isAccess(b),
  ],
  [
    'page tables replaced by read-only ones',
    (a) => a.kind === 'memslot' && a.region === 'pt' && 'flags' in a && a.flags.readonly,
  ],
];

describe('the steps of aarch64', () => {
  const seen = new Set(all.flatMap(({ steps }) => steps.flatMap(variant)));

  test.each(variants)('have %s', (name) => {
    expect(seen).toContain(name);
  });

  test.each(meetings)('have %s', (_name, fits) => {
    const meet = share(all, ({ steps, config }) => steps.some((step, i) => fits(step, steps[i + 1], config)));
    expect(meet).toBeGreaterThan(0.004);
  });

  test('straddle two pages now and then, where alignment is not asked for', () => {
    const straddles = share(all, ({ steps }) =>
      accessesOf(steps).some(({ offset, width }) => offset + width > PAGE_SIZE),
    );
    expect(straddles).toBeGreaterThan(0.05);
  });

  test('have sweeps of a bounded length, and both vCPUs', () => {
    const sweeps = all.flatMap(({ steps }) => accessesOf(steps).map(({ sweep }) => sweep));
    expect(Math.max(...sweeps)).toBe(16);
    expect(all.some(({ steps }) => accessesOf(steps).some(({ vcpu }) => vcpu === 1))).toBe(true);
  });
});

describe('an aarch64 machine that lacks something', () => {
  const without = (feature: keyof ArmProfile['features']): ArmProfile =>
    armProfile({ features: { ...features(true), [feature]: false } });
  const uses: [name: string, wants: (scenario: ArmScenario) => boolean, machine: ArmProfile][] = [
    ['atomics', ({ steps }) => accessesOf(steps).some(({ op }) => op === 'cas' || op === 'swp'), without('lse')],
    ['the access flag', ({ config }) => config.ha, without('hardwareAccessFlag')],
    ['the dirty state', ({ config }) => config.hd, without('hardwareDirty')],
    ['16K granules', ({ config }) => config.granule === '16k', without('granule16k')],
    ['64K granules', ({ config }) => config.granule === '64k', without('granule64k')],
    ['4K granules', ({ config }) => config.granule === '4k', without('granule4k')],
    ['dirty rings', ({ config }) => config.dirtyTracking === 'ring', poor],
    ['read-only slots', ({ config }) => config.data.flags.readonly || config.pt.flags.readonly, poor],
    ['userfaultfd', ({ config }) => config.data.uffd !== null, poor],
  ];

  test.each(uses)('is asked for %s almost never', (_name, wants, machine) => {
    expect(share(sample(machine), wants)).toBeLessThan(0.003);
    expect(share(all, wants)).toBeGreaterThan(0.02);
  });

  test('is never asked for instructions of EL1 at EL0', () => {
    const asks = ({ config, steps }: ArmScenario): boolean =>
      config.privilege === 'user' && accessesOf(steps).some(({ op }) => op.startsWith('at_'));
    expect(share(all, asks)).toBe(0);
  });
});
