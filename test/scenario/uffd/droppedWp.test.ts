import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { uffdArbitrary } from '../../../src/arbitraries/uffd.js';
import { uffdFamily } from '../../../src/campaign/families/uffd.js';
import { loadKnown, matchKnown } from '../../../src/corpus/known.js';
import { signatureOf } from '../../../src/campaign/signature.js';
import { END_STEP } from '../../../src/driver/observation.js';
import { predictUffd } from '../../../src/model/uffd/predict.js';
import { endsProtected, firstDroppedWp } from '../../../src/scenario/uffd/droppedWp.js';
import { CHILD } from '../../../src/scenario/uffd/fork.js';
import type { Memory } from '../../../src/scenario/uffd/memory.js';
import type { UffdIoctl, UffdScenario, UffdStep } from '../../../src/scenario/uffd.js';
import { CORPUS } from '../../corpus-cases/corpus.js';
import { uffdProfile } from '../../model/uffd/support.js';

const profile = uffdProfile({ dropsWp: true });
/** Such scenarios are few. */
const RUNS = 60_000;

function call(ioctl: UffdIoctl['ioctl'], ...mode: UffdIoctl['mode']): UffdIoctl {
  return { kind: 'ioctl', ioctl, range: { page: 0, pages: 1, flaw: 'none' }, mode, source: 0 };
}
const write: UffdStep = { kind: 'access', thread: 0, op: 'write', page: 0, word: 0, value: '0x1' };

function on(memory: Memory, ...steps: UffdStep[]): UffdScenario {
  return {
    schema: 1,
    family: 'uffd',
    config: { memory, open: 'syscall', features: [], content: ['hole'] },
    steps,
  };
}

describe('the first step that leaves a protection behind', () => {
  test.each<[string, UffdStep[], number | undefined]>([
    ['protect, register without', [call('register', 'wp'), call('writeprotect', 'wp'), call('register', 'missing')], 2],
    ['copied protected', [call('register', 'wp'), call('copy', 'wp'), write, call('register', 'missing')], 3],
    ['not protected', [call('register', 'wp'), call('copy'), call('register', 'missing')], undefined],
    [
      'protection taken away before',
      [call('register', 'wp'), call('writeprotect', 'wp'), call('writeprotect'), call('register', 'missing')],
      undefined,
    ],
    [
      'unregistered before',
      [call('register', 'wp'), call('writeprotect', 'wp'), call('unregister'), call('register', 'missing')],
      undefined,
    ],
    [
      'registered with WP again',
      [call('register', 'wp'), call('writeprotect', 'wp'), call('register', 'wp')],
      undefined,
    ],
    [
      'never registered for WP',
      [call('register', 'missing'), call('writeprotect', 'wp'), call('register', 'missing')],
      undefined,
    ],
  ])('%s', (_name, steps, expected) => {
    expect(firstDroppedWp(on('hugetlb', ...steps))).toBe(expected);
  });

  test('comes no later than the model leaves such a scenario open', () => {
    let open = 0;
    for (const scenario of fc.sample(uffdArbitrary(profile), { numRuns: 20_000, seed: 3 })) {
      const { steps } = predictUffd(scenario, profile);
      const lost = steps.findIndex((step) => step.open === 'register.drops-wp');
      if (lost < 0) continue;
      open++;
      expect(firstDroppedWp(scenario) ?? Infinity, JSON.stringify(scenario)).toBeLessThanOrEqual(lost);
    }
    expect(open).toBeGreaterThan(10);
  });
});

describe('the known divergence of hugetlb', () => {
  const { known } = loadKnown(CORPUS, 'uffd', profile);
  const labelOf = (scenario: UffdScenario): string | undefined => {
    const signature = signatureOf(uffdFamily, scenario, { kind: 'hang', step: scenario.steps.length - 1, detail: '' });
    return matchKnown(known, signature, profile);
  };
  const drops = [call('register', 'wp'), call('writeprotect', 'wp'), call('register', 'missing')];

  test('explains a hang after a protection was left behind', () => {
    expect(labelOf(on('hugetlb', ...drops, write))).toBe('hugetlb-write-after-dropping-wp-spins');
    expect(labelOf(on('hugetlb_private', ...drops, call('wake')))).toBe('hugetlb-write-after-dropping-wp-spins');
  });

  test('explains no other hang', () => {
    expect(labelOf(on('hugetlb', call('register', 'wp'), call('writeprotect', 'wp'), write))).toBe(undefined);
    expect(labelOf(on('hugetlb', call('register', 'missing'), write))).toBe(undefined);
    expect(labelOf(on('anon', ...drops, write))).toBe(undefined);
  });
});

describe('the known divergences of hugetlb on kernels that forget registrations and keep protections', () => {
  const old = uffdProfile({ kernelRelease: '6.1.0' });
  const { known } = loadKnown(CORPUS, 'uffd', old);
  const labelOf = (scenario: UffdScenario, step: number, machine = old): string | undefined =>
    matchKnown(known, signatureOf(uffdFamily, scenario, { kind: 'hang', step, detail: '' }), machine);
  const waits = [call('register', 'wp'), call('writeprotect', 'wp'), write];
  const LABEL = 'hugetlb-write-spins-after-close';
  const fork: UffdStep = { kind: 'fork' };
  const childWrites: UffdStep = { ...write, thread: CHILD };

  test('explains a thread that waits for a protection when the descriptor is closed, and a child that writes', () => {
    expect(labelOf(on('hugetlb', ...waits), END_STEP)).toBe(LABEL);
    expect(labelOf(on('hugetlb_private', call('register', 'wp'), call('copy', 'wp'), write), END_STEP)).toBe(LABEL);
    const forks = on('hugetlb_private', ...waits.slice(0, 2), fork, childWrites);
    expect(labelOf(forks, 2)).toBe('hugetlb-child-keeps-protection');
    expect(labelOf(forks, 3)).toBe('hugetlb-child-keeps-protection');
    expect(labelOf(on('hugetlb', ...forks.steps), 3)).toBe(undefined);
  });

  test('explains no other hang', () => {
    expect(labelOf(on('hugetlb', ...waits), END_STEP, uffdProfile())).toBe(undefined);
    expect(labelOf(on('hugetlb', ...waits), 2)).toBe(undefined);
    expect(labelOf(on('anon', ...waits), END_STEP)).toBe(undefined);
    expect(labelOf(on('hugetlb', call('register', 'missing'), write), END_STEP)).toBe(undefined);
    expect(labelOf(on('hugetlb', ...waits, call('writeprotect')), END_STEP)).toBe(undefined);
  });

  test('is about pages that are protected when all is over', () => {
    expect(endsProtected(on('hugetlb', ...waits))).toBe(true);
    expect(endsProtected(on('hugetlb', ...waits, call('unregister')))).toBe(false);
    expect(endsProtected(on('hugetlb', call('register', 'missing'), call('writeprotect', 'wp')))).toBe(false);
  });
});

test('scenarios on hugetlb that make threads spin are rare where the kernel lets a registration drop WP', () => {
  const spins = (some: readonly UffdScenario[]): number =>
    some.filter((scenario) => scenario.config.memory.startsWith('hugetlb') && firstDroppedWp(scenario) !== undefined)
      .length;
  const refusing = uffdProfile({ dropsWp: false });
  const sparing = spins(fc.sample(uffdArbitrary(profile), { numRuns: RUNS, seed: 4 }));
  const plain = spins(fc.sample(uffdArbitrary(refusing), { numRuns: RUNS, seed: 4 }));
  expect(plain).toBeGreaterThan(10);
  expect(sparing).toBeLessThan(plain / 4);
});
