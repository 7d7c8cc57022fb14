import { describe, expect, test } from 'vitest';
import { stage2Problems } from '../../../src/scenario/stage2/constraints.js';
import type { Access, DataRegion, Stage2Scenario, Step, Uffd, X86Config } from '../../../src/scenario/stage2.js';
import { access, config, scenario, uffd } from '../examples.js';

const problems = (candidate: Stage2Scenario): string[] => [...stage2Problems(candidate)].map(({ path }) => path);
const twoVcpus = { vcpus: 2 } as const;
const region = (changes: Partial<DataRegion>): DataRegion => ({ ...config().data, ...changes });
const withData = (changes: Partial<DataRegion>): Partial<X86Config> => ({ data: region(changes) });
const data2 = region({ pages: 1 });
const at = (page: number, offset: number): Access['peer'] => ({ region: 'data', page, offset });
const registered = (backing: DataRegion['backing'], changes: Partial<Uffd>): Partial<X86Config> =>
  withData({ backing, uffd: uffd(changes) });
const hole = (how: 'punch' | 'dontneed' | 'remove' | 'free', page = 0, pages = 1): Step => ({
  kind: 'hole',
  region: 'data',
  page,
  pages,
  how,
});
const pte = (changes: object): Step => ({
  kind: 'pte',
  region: 'data',
  page: 0,
  level: 'pte',
  flag: 'accessed',
  set: false,
  by: 'guest',
  vcpu: 0,
  flush: true,
  ...changes,
});
const race = (a: Partial<Access>, b: Partial<Access> = {}): Step => ({
  kind: 'race',
  a: access({ op: 'store', ...a }),
  b: access({ op: 'store', vcpu: 1, ...b }),
});
const log = (action: 'get' | 'clear' | 'harvest' | 'reset'): Step =>
  action === 'get'
    ? { kind: 'dirtyLog', action, region: 'data' }
    : action === 'clear'
      ? { kind: 'dirtyLog', action, region: 'data', page: 0, pages: 2 }
      : { kind: 'dirtyLog', action };

type Row = [name: string, steps: Step[], changes?: Partial<X86Config>];

describe('an access is valid', () => {
  test.each<Row>([
    ['at the last byte of its region', [access({ page: 1, offset: 4095, width: 1 })]],
    ['across the boundary of two pages', [access({ offset: 4092 })]],
    ['as a sweep to the last page', [access({ sweep: 2 })]],
    ['from the second of two vCPUs', [access({ vcpu: 1 })], twoVcpus],
    ['in data2 when there is one', [access({ region: 'data2' })], { data2 }],
    ['with elements when it repeats', [access({ op: 'rep_stos', count: 64 })]],
    ['with a comparand when it compares', [access({ op: 'cmpxchg', comparand: 'copy' })]],
    ['with a peer when it has two operands', [access({ op: 'push', peer: at(1, 4088) })]],
    ['as a fetch of the stub', [access({ op: 'fetch', width: 2, offset: 0xf80 })]],
    ['when it writes up to the fetch stub', [access({ op: 'store', offset: 0xf78 })]],
    ['when it writes right after the fetch stub', [access({ op: 'store', width: 2, offset: 0xf82 })]],
    ['when it reads the fetch stub', [access({ offset: 0xf80 })]],
    ['when it writes MMIO where data pages have the stub', [access({ op: 'store', region: 'none', offset: 0xf80 })]],
    ['as a copy to the bytes after the source', [access({ op: 'rep_movs', count: 2, offset: 16, peer: at(0, 0) })]],
  ])('%s', (_name, steps, changes) => {
    expect(problems(scenario(steps, changes))).toEqual([]);
  });
});

describe('an access is refused', () => {
  test.each<[name: string, path: string, access: Partial<Access>]>([
    ['from a vCPU that is not there', '.vcpu', { vcpu: 1 }],
    ['with a width that the operation lacks', '.width', { op: 'push', width: 4 }],
    ['with elements when it does not repeat', '.count', { count: 2 }],
    ['with a comparand when it does not compare', '.comparand', { comparand: 'zero' }],
    ['with a peer when it has one operand', '.peer', { peer: at(0, 0) }],
    ['in a region that is not there', '.region', { region: 'data2' }],
    [
      'with a peer in a region that is not there',
      '.peer.region',
      { op: 'pop', peer: { region: 'data2', page: 0, offset: 0 } },
    ],
    ['on a page that is not there', '.page', { page: 2 }],
    ['when its sweep ends beyond the region', '.sweep', { page: 1, sweep: 2 }],
    ['when it straddles the end of the region', '.offset', { page: 1, offset: 4089 }],
    ['when its last element straddles the end', '.offset', { op: 'rep_stos', count: 2, page: 1, offset: 4088 }],
    ['when the last of a sweep straddles the end', '.offset', { sweep: 2, offset: 4089 }],
    ['when its peer is on a page that is not there', '.peer.page', { op: 'movs', peer: at(2, 0) }],
    ['when its peer straddles the end of the region', '.peer.offset', { op: 'movs', peer: at(1, 4089) }],
    ['as a fetch from elsewhere', '.offset', { op: 'fetch', width: 2, offset: 0 }],
    ['as a sweep of fetches', '.sweep', { op: 'fetch', width: 2, offset: 0xf80, sweep: 2 }],
    ['when it writes the fetch stub', '.offset', { op: 'store', offset: 0xf79 }],
    ['when it writes the second byte of the fetch stub', '.offset', { op: 'store', width: 1, offset: 0xf81 }],
    ['when an element writes the fetch stub', '.offset', { op: 'rep_stos', count: 2, offset: 0xf78 }],
    ['when its peer writes the fetch stub', '.peer.offset', { op: 'push', peer: at(0, 0xf80) }],
    ['when a copy overlaps itself', '.peer', { op: 'rep_movs', count: 2, offset: 15, peer: at(0, 0) }],
    ['when a swept copy overlaps itself later', '.peer', { op: 'movs', sweep: 2, peer: at(1, 4) }],
  ])('%s', (_name, path, changes) => {
    expect(problems(scenario([hole('dontneed'), access(changes)]))).toEqual([`$.steps[1]${path}`]);
  });
});

describe('a userfaultfd registration is valid', () => {
  test.each<Row>([
    ['for missing pages of any memory', [], registered('anon', {})],
    ['for minor faults of shared memory', [], registered('memfd', { missing: false, minor: true })],
    ['with answers for what is on', [], registered('anon', { wp: true, missingAnswers: ['copy_wp', 'zeropage'] })],
    ['as a step', [{ kind: 'uffd', action: 'register', region: 'pt', uffd: uffd() }]],
  ])('%s', (_name, steps, changes) => {
    expect(problems(scenario(steps, changes))).toEqual([]);
  });
});

describe('a userfaultfd registration is refused', () => {
  const path = '$.config.data.uffd';
  test.each<[name: string, path: string, Partial<X86Config>]>([
    ['without a mode', path, registered('anon', { missing: false })],
    ['for minor faults of private memory', `${path}.minor`, registered('anon', { minor: true })],
    [
      'with a zero page for hugetlb',
      `${path}.missingAnswers[1]`,
      registered('hugetlb', { missingAnswers: ['copy', 'zeropage'] }),
    ],
    ['with copy_wp but without wp', `${path}.missingAnswers[0]`, registered('anon', { missingAnswers: ['copy_wp'] })],
    [
      'with answers to missing faults that are off',
      `${path}.missingAnswers`,
      registered('anon', { missing: false, wp: true, missingAnswers: ['copy', 'copy'] }),
    ],
    ['with an answer to minor faults that are off', `${path}.minorAnswer`, registered('anon', { minorAnswer: 'none' })],
    ['with an answer to wp faults that are off', `${path}.wpAnswer`, registered('anon', { wpAnswer: 'none' })],
    ['on the page tables too', '$.config.pt.uffd', { pt: { ...config().pt, uffd: uffd({ missing: false }) } }],
    ['on data2 too', '$.config.data2.uffd.minor', { data2: region({ uffd: uffd({ minor: true }) }) }],
  ])('%s', (_name, expected, changes) => {
    expect(problems(scenario([], changes))).toEqual([expected]);
  });

  test('as a step, with its path', () => {
    const step: Step = { kind: 'uffd', action: 'answers', region: 'data', uffd: uffd({ minor: true }) };
    expect(problems(scenario([step]))).toEqual(['$.steps[0].uffd.minor']);
  });
});

describe('a configuration', () => {
  test('may shift small pages within their 2 MiB', () => {
    expect(problems(scenario([], withData({ offsetPages: 511, pages: 200 })))).toEqual([]);
  });

  test.each(['anon_thp', 'hugetlb', 'hugetlb_shared'] as const)('keeps %s at the start of its 2 MiB', (backing) => {
    expect(problems(scenario([], withData({ backing })))).toEqual([]);
    expect(problems(scenario([], withData({ backing, offsetPages: 1 })))).toEqual(['$.config.data.offsetPages']);
  });
});

describe('a host or memslot step is valid', () => {
  test.each<Row>([
    ['as a hole of all pages', [hole('dontneed', 0, 2)]],
    ['as a hole in the page tables', [{ kind: 'hole', region: 'pt', page: 7, pages: 1, how: 'free' }]],
    ['as a punched hole in a file', [hole('punch')], withData({ backing: 'memfd' })],
    ['as a removed page of shared memory', [hole('remove')], withData({ backing: 'shmem' })],
    ['as a memslot change of data2', [{ kind: 'memslot', region: 'data2', action: 'delete' }], { data2 }],
    [
      'as a write next to the stub',
      [{ kind: 'host', action: 'write', region: 'data', page: 1, offset: 0xf78, value: '0x1' }],
    ],
    ['as a read of the stub', [{ kind: 'host', action: 'read', region: 'data', page: 1, offset: 0xf80 }]],
    ['as a write protection of one page', [{ kind: 'uffd', action: 'protect', region: 'data', page: 1, pages: 1 }]],
    ['as an unregistration', [{ kind: 'uffd', action: 'unregister', region: 'pt' }]],
    [
      'as a fork',
      [
        { kind: 'host', action: 'fork' },
        { kind: 'host', action: 'release' },
      ],
    ],
  ])('%s', (_name, steps, changes) => {
    expect(problems(scenario(steps, changes))).toEqual([]);
  });
});

describe('a host or memslot step is refused', () => {
  test.each<[name: string, path: string, step: Step]>([
    ['when its hole starts beyond the region', '.page', hole('dontneed', 2)],
    ['when its hole ends beyond the region', '.pages', hole('dontneed', 1, 2)],
    ['when private memory is to be punched', '.how', hole('punch')],
    ['when private memory is to be removed', '.how', hole('remove')],
    ['on a memslot that is not there', '.region', { kind: 'memslot', region: 'data2', action: 'move', to: 'away' }],
    ['when it reads half a word', '.offset', { kind: 'host', action: 'read', region: 'data', page: 0, offset: 4 }],
    [
      'when it writes the fetch stub',
      '.offset',
      { kind: 'host', action: 'write', region: 'data', page: 0, offset: 0xf80, value: '0x0' },
    ],
    [
      'when it protects pages beyond the region',
      '.pages',
      { kind: 'host', action: 'mprotect', region: 'data', page: 1, pages: 2, prot: 'none' },
    ],
    [
      'when it write-protects pages beyond the region',
      '.page',
      { kind: 'uffd', action: 'unprotect', region: 'data', page: 2, pages: 1 },
    ],
    [
      'when it unregisters a region that is not there',
      '.region',
      { kind: 'uffd', action: 'unregister', region: 'data2' },
    ],
    ['when it edits the entry of a page that is not there', '.page', pte({ page: 2 })],
    ['when it edits a dirty bit that is not there', '.flag', pte({ level: 'pde', flag: 'dirty' })],
    ['when it edits on a vCPU that is not there', '.vcpu', pte({ vcpu: 1 })],
  ])('%s', (_name, path, step) => {
    expect(problems(scenario([step]))).toEqual([`$.steps[0]${path}`]);
  });

  test('when the host edits an entry on a vCPU', () => {
    expect(problems(scenario([pte({ vcpu: 1 })], twoVcpus))).toEqual([]);
    expect(problems(scenario([pte({ vcpu: 1, by: 'host' })], twoVcpus))).toEqual(['$.steps[0].vcpu']);
  });
});

describe('the dirty log', () => {
  test.each([
    ['bitmap', ['get']],
    ['bitmap_manual', ['get', 'clear']],
    ['bitmap_manual_init_set', ['get', 'clear']],
    ['ring', ['harvest', 'reset']],
  ] as const)('kept as %s allows %j only', (dirtyTracking, allowed: readonly string[]) => {
    for (const action of ['get', 'clear', 'harvest', 'reset'] as const) {
      const expected = allowed.includes(action) ? [] : ['$.steps[0].action'];
      expect(problems(scenario([log(action)], { dirtyTracking }))).toEqual(expected);
    }
  });

  test('is cleared within its region only', () => {
    const step: Step = { kind: 'dirtyLog', action: 'clear', region: 'data', page: 1, pages: 2 };
    expect(problems(scenario([step], { dirtyTracking: 'bitmap_manual' }))).toEqual(['$.steps[0].pages']);
  });
});

describe('a race', () => {
  test('is two aligned accesses on two vCPUs', () => {
    const steps = [race({ op: 'xchg', width: 4, offset: 4 }, { op: 'cmpxchg', comparand: 'value' })];
    expect(problems(scenario(steps, twoVcpus))).toEqual([]);
  });

  test.each<[name: string, path: string, a: Partial<Access>, b?: Partial<Access>]>([
    ['the first access on vCPU 1', '.a.vcpu', { vcpu: 1 }],
    ['the second access on vCPU 0', '.b.vcpu', {}, { vcpu: 0 }],
    ['another operation', '.a.op', { op: 'stos' }],
    ['MMIO', '.b.region', {}, { region: 'none' }],
    ['a misaligned operand', '.a.offset', { offset: 4 }],
    ['a sweep', '.b.sweep', {}, { sweep: 2 }],
    ['an access that would be refused alone', '.b.page', {}, { page: 2 }],
  ])('is refused with %s', (_name, path, a, b = {}) => {
    expect(problems(scenario([race(a, b)], twoVcpus))).toEqual([`$.steps[0]${path}`]);
  });

  test('is refused with one vCPU', () => {
    expect(problems(scenario([race({})]))).toEqual(['$.steps[0]']);
  });
});

test('each broken step is told, once', () => {
  const steps = [access({ page: 9, vcpu: 1 }), access(), hole('punch')];
  expect(problems(scenario(steps))).toEqual(['$.steps[0].vcpu', '$.steps[2].how']);
});
