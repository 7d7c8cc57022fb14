import { describe, expect, test } from 'vitest';
import { applicableUffdRules } from '../../../src/model/uffd/applicable.js';
import type { UffdStepExpectation } from '../../../src/model/uffd/expectation.js';
import { predictUffd, uffdRule } from '../../../src/model/uffd/predict.js';
import { UFFD_RULES } from '../../../src/model/uffd/rules/index.js';
import { judgeUffd } from '../../../src/oracle/uffd.js';
import { expectedText } from '../../../src/oracle/uffd/words.js';
import { isValidUffd } from '../../../src/scenario/uffd/constraints.js';
import { ADVISE_CASES, ADVISE_LIBERTIES } from './adviseCases.js';
import { ARGUMENT_CASES } from './argumentCases.js';
import { EVENT_CASES, EVENT_LIBERTIES } from './eventCases.js';
import { call, read, RULE_CASES, write, type RuleCase } from './cases.js';
import { FORK_CASES } from './forkCases.js';
import { KERNEL_CASES } from './kernelCases.js';
import { PAGEMAP_CASES } from './pagemapCases.js';
import { observationOf, scenarioOf, uffdProfile } from './support.js';

/** Rules that leave something open, which is tested by itself, and the one that forbids what no other rule demands. */
const LIBERTIES = [
  'fault.race',
  'register.drops-wp',
  'content.open',
  'fault.none',
  ...ADVISE_LIBERTIES,
  ...EVENT_LIBERTIES,
];
const CASES = [
  ...RULE_CASES,
  ...ADVISE_CASES,
  ...EVENT_CASES,
  ...FORK_CASES,
  ...ARGUMENT_CASES,
  ...KERNEL_CASES,
  ...PAGEMAP_CASES,
];

function linesAt(steps: readonly UffdStepExpectation[], end: UffdStepExpectation, at: RuleCase['at']): string[] {
  return (at === 'end' ? end : steps[at])?.events.map(expectedText) ?? [];
}

describe('each rule on both of its sides', () => {
  test.each(CASES.map((one) => [one.rule, one] as const))('%s', (id, one) => {
    const scenario = scenarioOf(one);
    const profile = uffdProfile(one.profile);
    expect(isValidUffd(scenario)).toBe(true);
    const intact = predictUffd(scenario, profile);
    const planted = predictUffd(scenario, profile, uffdRule(id));

    expect(intact.skip).toBe(undefined);
    expect(intact.decided.has(id)).toBe(true);
    const lines = linesAt(intact.steps, intact.end, one.at);
    const others = linesAt(planted.steps, planted.end, one.at);
    expect(lines).toContain(one.shows);
    expect(others).not.toContain(one.shows);
    if (one.instead !== undefined) expect(others).toContain(one.instead);

    expect(judgeUffd(intact, observationOf(intact))).toEqual({ kind: 'match' });
    expect(judgeUffd(planted, observationOf(intact)).kind).toBe('divergence');
    const verdict = judgeUffd(intact, observationOf(planted));
    const blamed = verdict.kind === 'divergence' ? verdict.mismatches.map(({ rule }) => rule) : [];
    expect(blamed).toContain(one.blames ?? id);
  });
});

test('every rule of the book has a case on both of its sides, or is a liberty', () => {
  const named = [...CASES.map(({ rule }) => rule), ...LIBERTIES];
  expect([...new Set(named)].sort()).toEqual(UFFD_RULES.map(({ id }) => id).sort());
});

test('what threads race for is left open, and only that', () => {
  const reads = scenarioOf({
    config: { memory: 'shmem_private' },
    steps: [call('register', ['missing']), read(0, 0), read(0, 1), call('zeropage')],
  });
  const race = { ...reads, steps: reads.steps.with(2, write(0, 1)) };
  expect(predictUffd(reads, uffdProfile()).end.open).toBe(undefined);
  expect(predictUffd(race, uffdProfile()).steps.map(({ open }) => open)).toEqual([
    undefined,
    undefined,
    undefined,
    'fault.race',
  ]);
});

test('who is second to an empty page may meet a minor fault, where nobody asks for a missing one', () => {
  const lastOf = (memory: 'shmem' | 'hugetlb', pages: readonly number[], ...modes: ('missing' | 'minor')[]) =>
    predictUffd(
      scenarioOf({
        config: { memory, content: ['hole', 'hole'] },
        steps: [
          call('register', ['missing'], { pages: 2 }),
          ...pages.map((page, thread) => read(page, thread)),
          call('register', modes, { pages: 2 }),
          call('wake', [], { pages: 2 }),
        ],
      }),
      uffdProfile(),
    ).steps.at(-1)?.open;
  expect(lastOf('shmem', [0, 0], 'minor')).toBe('fault.race');
  expect(lastOf('shmem', [0, 1], 'minor')).toBe(undefined);
  expect(lastOf('shmem', [0, 0], 'missing', 'minor')).toBe(undefined);
  expect(lastOf('hugetlb', [0, 0], 'minor')).toBe(undefined);
});

test('a kernel whose UFFDIO_CONTINUE has no WP mode is a skip', () => {
  const scenario = scenarioOf({ config: { memory: 'shmem' }, steps: [call('continue', ['wp'])] });
  expect(predictUffd(scenario, uffdProfile({ continueWp: false })).skip).toBe('needs UFFDIO_CONTINUE with the WP mode');
  expect(predictUffd(scenario, uffdProfile()).skip).toBe(undefined);
});

test('a protection whose mode is dropped is left open', () => {
  const steps = [call('register', ['wp']), call('writeprotect', ['wp']), call('register', ['missing'])];
  const dropped = scenarioOf({ config: { content: ['mapped'] }, steps });
  expect(predictUffd(dropped, uffdProfile()).end.open).toBe('register.drops-wp');
  expect(predictUffd(dropped, uffdProfile({ dropsWp: false })).end.open).toBe(undefined);
});

test('a machine that has everything can exercise every rule but those about what kernels lack', () => {
  const found = new Set(
    [uffdProfile(), uffdProfile({ dropsWp: false, wpSpansMappings: false })].flatMap(applicableUffdRules),
  );
  expect(UFFD_RULES.map(({ id }) => id).filter((id) => !found.has(id))).toEqual(['ioctl.unknown']);
});

test.each([
  ['needs free huge pages', { memory: 'hugetlb' }, 'hugePages'],
  ['needs /dev/userfaultfd', { open: 'device' }, 'device'],
  ['needs the userfaultfd feature sigbus', { features: ['sigbus'] }, 'sigbus'],
] as const)('a scenario on a machine without it is a skip: %s', (reason, config, feature) => {
  const scenario = scenarioOf({
    config: { ...config, features: 'features' in config ? [...config.features] : [] },
    steps: [],
  });
  const lacking = uffdProfile({ features: { [feature]: false } as ReturnType<typeof uffdProfile>['features'] });
  expect(predictUffd(scenario, lacking).skip).toBe(reason);
  expect(predictUffd(scenario, uffdProfile()).skip).toBe(undefined);
});
