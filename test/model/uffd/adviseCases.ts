/** The rules about madvise(2), each on both of its sides. */
import type { UffdConfig, UffdRange, UffdStep } from '../../../src/scenario/uffd.js';
import type { Advice } from '../../../src/scenario/uffd/steps.js';
import { call, read, type RuleCase } from './cases.js';

export function advise(advice: Advice, range: Partial<UffdRange> = {}): UffdStep {
  return { kind: 'advise', thread: 0, advice, range: { page: 0, pages: 1, flaw: 'none', ...range }, hold: false };
}

const MAPPED = { content: ['mapped'] } as const satisfies Partial<UffdConfig>;
const SHMEM = { memory: 'shmem', content: ['mapped'] } as const satisfies Partial<UffdConfig>;
const missing = call('register', ['missing']);
const wp = call('register', ['wp']);
const protect = call('writeprotect', ['wp']);

const WORKS = 'call of thread 0 succeeds';
const fails = (errno: string): string => `call of thread 0 fails with ${errno}`;

export const ADVISE_CASES: readonly RuleCase[] = [
  {
    rule: 'advise.range',
    config: MAPPED,
    steps: [advise('dontneed', { flaw: 'unaligned_start' })],
    at: 0,
    shows: fails('EINVAL'),
    instead: WORKS,
  },
  {
    rule: 'advise.unmapped',
    config: MAPPED,
    steps: [advise('dontneed', { flaw: 'beyond' })],
    at: 0,
    shows: fails('ENOMEM'),
    instead: WORKS,
  },
  {
    rule: 'advise.dontneed',
    config: MAPPED,
    steps: [advise('dontneed')],
    at: 'end',
    shows: 'page 0 holds zeroes',
    instead: 'page 0 holds page 0 of fill initial',
    blames: 'content.kept',
  },
  {
    rule: 'advise.dontneed-wp',
    config: SHMEM,
    steps: [wp, protect, advise('dontneed')],
    at: 'end',
    shows: 'entry of page 0: swapped, write-protected',
    instead: 'entry of page 0: nothing',
    blames: 'pagemap.wp',
  },
  {
    rule: 'advise.remove',
    config: SHMEM,
    steps: [advise('remove')],
    at: 'end',
    shows: 'page 0 holds zeroes',
    instead: 'page 0 holds page 0 of fill initial',
    blames: 'content.kept',
  },
  {
    rule: 'advise.remove-private',
    config: { ...SHMEM, memory: 'shmem_private' },
    steps: [advise('remove')],
    at: 0,
    shows: fails('EACCES'),
    instead: WORKS,
  },
  {
    rule: 'advise.remove-poison',
    config: { memory: 'shmem' },
    steps: [missing, call('poison'), advise('remove')],
    at: 'end',
    shows: 'entry of page 0: swapped',
    instead: 'entry of page 0: nothing',
    blames: 'pagemap.mark',
  },
  {
    rule: 'advise.free',
    config: MAPPED,
    steps: [advise('free')],
    at: 'end',
    shows: 'page 0 holds page 0 of fill initial',
    instead: 'page 0 holds zeroes',
    blames: 'content.kept',
  },
  { rule: 'advise.free-file', config: SHMEM, steps: [advise('free')], at: 0, shows: fails('EINVAL'), instead: WORKS },
  {
    rule: 'advise.free-poison',
    steps: [missing, call('poison'), advise('free')],
    at: 'end',
    shows: 'entry of page 0: nothing',
    instead: 'entry of page 0: swapped',
    blames: 'pagemap.mark',
  },
  {
    rule: 'advise.pageout-hugetlb',
    config: { memory: 'hugetlb' },
    steps: [advise('pageout')],
    at: 0,
    shows: fails('EINVAL'),
    instead: WORKS,
  },
  { rule: 'advise.collapse', steps: [advise('collapse')], at: 0, shows: fails('EINVAL'), instead: WORKS },
  {
    rule: 'advise.populate',
    steps: [advise('populate_write')],
    at: 'end',
    shows: 'entry of page 0: present',
    instead: 'entry of page 0: nothing',
    blames: 'pagemap.present',
  },
  {
    rule: 'advise.populate-fails',
    steps: [missing, call('poison'), advise('populate_read')],
    at: 2,
    shows: fails('EHWPOISON'),
    instead: WORKS,
  },
];

/** What of the rules about madvise(2) leaves something open. */
export const ADVISE_LIBERTIES = ['advise.pageout', 'advise.pageout-open'];

/** Steps after which it is open whether the page is there, and steps that depend on it. */
export const OPEN_AFTER_PAGEOUT: readonly (readonly [string, Partial<UffdConfig>, readonly UffdStep[]])[] = [
  ['a minor fault', SHMEM, [call('register', ['minor']), advise('pageout'), read()]],
  ['UFFDIO_CONTINUE', SHMEM, [call('register', ['minor']), advise('pageout'), call('continue')]],
  ['a page that MADV_FREE let go', MAPPED, [advise('free'), advise('pageout'), read()]],
  ['a page of zeroes', { memory: 'shmem' }, [read(), missing, advise('pageout'), read()]],
];
