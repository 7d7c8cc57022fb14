import { describe, expect, test } from 'vitest';
import { predictUffd } from '../../../src/model/uffd/predict.js';
import { isValidUffd } from '../../../src/scenario/uffd/constraints.js';
import { expectedText } from '../../../src/oracle/uffd/words.js';
import { advise, OPEN_AFTER_PAGEOUT } from './adviseCases.js';
import { call, read, write } from './cases.js';
import { scenarioOf, uffdProfile } from './support.js';

const PAIR = ['mapped', 'mapped'] as const;

describe('what MADV_PAGEOUT leaves open', () => {
  test.each(OPEN_AFTER_PAGEOUT)('%s', (_name, config, steps) => {
    expect(predictUffd(scenarioOf({ config, steps }), uffdProfile()).end.open).toBe('advise.pageout-open');
  });

  test('not what comes of a protected page', () => {
    const steps = [call('register', ['wp']), call('writeprotect', ['wp']), advise('pageout'), write()];
    for (const memory of ['anon', 'shmem', 'shmem_private'] as const) {
      const prediction = predictUffd(scenarioOf({ config: { memory, content: ['mapped'] }, steps }), uffdProfile());
      expect(prediction.steps[3]?.events.map(expectedText)).toEqual(['thread 0 waits: userfault at 0x0, WRITE|WP']);
    }
  });

  test('not the contents', () => {
    const config = { content: [...PAIR] };
    const { end } = predictUffd(scenarioOf({ config, steps: [advise('pageout'), read(1)] }), uffdProfile());
    expect(end.events.map(expectedText)).toEqual([
      'entry of page 0: mapped or taken out',
      'entry of page 1: present',
      'page 0 holds page 0 of fill initial',
      'page 1 holds page 1 of fill initial',
    ]);
  });
});

test('a call that populates waits at each page, goes on when it is there, and is over after the last', () => {
  const steps = [
    call('register', ['missing'], { pages: 2 }),
    advise('populate_write', { pages: 2 }),
    call('zeropage'),
    call('zeropage', [], { page: 1 }),
  ];
  const prediction = predictUffd(scenarioOf({ config: { content: ['hole', 'hole'] }, steps }), uffdProfile());
  expect(prediction.steps.map(({ events }) => events.map(expectedText).slice(-1))).toEqual([
    ['succeeds, field 0x13c'],
    ['thread 0 waits: userfault at 0x0, WRITE'],
    ['thread 0 waits: userfault at 0x1000, WRITE'],
    ['call of thread 0 succeeds'],
  ]);
});

test('advice that the kernel does not know is a skip', () => {
  const lacking = { ...uffdProfile().advice, collapse: false };
  const scenario = scenarioOf({ steps: [advise('collapse')] });
  expect(predictUffd(scenario, uffdProfile({ advice: lacking })).skip).toBe('needs MADV_COLLAPSE');
});

test('a part of a huge page cannot be removed', () => {
  const steps = [advise('remove', { flaw: 'unaligned_length' })];
  expect(isValidUffd(scenarioOf({ config: { memory: 'hugetlb' }, steps }))).toBe(false);
  expect(isValidUffd(scenarioOf({ config: { memory: 'shmem' }, steps }))).toBe(true);
});
