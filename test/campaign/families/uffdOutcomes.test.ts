import { describe, expect, test } from 'vitest';
import { uffdOutcomes } from '../../../src/campaign/families/uffdOutcomes.js';
import type { UffdObserved } from '../../../src/driver/wire/uffd/observation.js';
import { UFFD_FEATURE_NAMES } from '../../../src/scenario/uffd/features.js';
import type { UffdProfile } from '../../../src/scenario/uffd/profile.js';
import { scenarioOf, uffdProfile } from '../../model/uffd/support.js';

const range = { page: 0, pages: 1, flaw: 'none' } as const;

test('counts the result of each call by its error, and nothing else', () => {
  const scenario = scenarioOf({
    steps: [
      { kind: 'ioctl', ioctl: 'register', range, mode: ['missing'], source: 0 },
      { kind: 'access', thread: 0, op: 'read', page: 0, word: 0, value: '0x0' },
      { kind: 'ioctl', ioctl: 'copy', range, mode: [], source: 0 },
      { kind: 'api', fresh: true, version: 'unknown', features: [], unknownFeature: false },
    ],
  });
  const result = (step: number, errno: number): UffdObserved => ({
    step,
    kind: 'result',
    errno,
    value: 0n,
    ioctls: 0n,
  });
  const events: UffdObserved[] = [
    result(0, 0),
    { step: 1, kind: 'message', event: 0x12, thread: 0, offset: 0, flags: 0 },
    result(2, 17),
    result(3, 22),
  ];
  const seen: string[] = [];
  uffdOutcomes.count(scenario, { status: 'ok', detail: '', events }, (name) => seen.push(name));
  expect(seen).toEqual(['UFFDIO_REGISTER ok', 'UFFDIO_COPY EEXIST', 'UFFDIO_API EINVAL']);
});

describe('what is documented', () => {
  const impossible = (profile: UffdProfile): string[] =>
    uffdOutcomes
      .documented(profile)
      .filter((outcome) => outcome.impossible !== undefined)
      .map(({ name }) => name);

  test('is each ioctl with success and EINVAL, and every name once', () => {
    const names = uffdOutcomes.documented(uffdProfile()).map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(names.filter((name) => name.endsWith(' ok'))).toHaveLength(10);
    expect(names.filter((name) => name.endsWith(' EINVAL'))).toHaveLength(10);
    expect(names).toContain('UFFDIO_MOVE EBUSY');
  });

  test('is impossible on a full machine only where nothing can bring it about', () => {
    expect(impossible(uffdProfile())).toEqual([
      'UFFDIO_COPY ENOSPC',
      'UFFDIO_MOVE ENOMEM',
      'UFFDIO_MOVE ESRCH',
      'UFFDIO_CONTINUE ENOMEM',
      'UFFDIO_POISON ENOMEM',
    ]);
  });

  test('is impossible but for EINVAL where the kernel does not have the call', () => {
    const none = Object.fromEntries(
      [...UFFD_FEATURE_NAMES, 'device', 'hugePages'].map((name) => [name, false]),
    ) as UffdProfile['features'];
    const names = impossible(uffdProfile({ features: none }));
    expect(names).toEqual(expect.arrayContaining(['UFFDIO_MOVE ok', 'UFFDIO_POISON EFAULT', 'UFFDIO_CONTINUE EAGAIN']));
    expect(names.filter((name) => name.endsWith(' EINVAL'))).toEqual([]);
  });
});
