/** Rule cases about what is wrong with a call beside its range. */
import type { UffdIoctl } from '../../../src/scenario/uffd.js';
import { call, read, shake, type RuleCase } from './cases.js';

const HUGE = { memory: 'hugetlb' } as const;
const missing = call('register', ['missing']);
const EFAULT = 'fails with EFAULT, field 0x7777';
const UNTOUCHED = 'fails with EINVAL, field 0x7777';

function spoilt(changes: Partial<UffdIoctl>, mode: UffdIoctl['mode'] = []): UffdIoctl {
  const range = { page: 0, pages: 1, flaw: 'none' } as const;
  return { kind: 'ioctl', ioctl: 'copy', range, mode, source: 0, ...changes };
}

export const ARGUMENT_CASES: readonly RuleCase[] = [
  {
    rule: 'argument.unmapped',
    steps: [missing, spoilt({ argument: 'unmapped' })],
    at: 1,
    shows: EFAULT,
    instead: 'succeeds, field 0x1000',
  },
  {
    rule: 'argument.unmapped',
    steps: [shake({ argument: 'unmapped' })],
    at: 0,
    shows: 'fails with EFAULT, field 0x0',
    instead: 'succeeds, field 0x1ffff',
  },
  {
    rule: 'argument.readonly',
    steps: [missing, read(), spoilt({ argument: 'readonly' })],
    at: 2,
    shows: EFAULT,
    instead: 'succeeds, field 0x1000',
  },
  {
    rule: 'argument.readonly',
    steps: [spoilt({ ioctl: 'register', argument: 'readonly' }, ['missing'])],
    at: 0,
    shows: EFAULT,
    instead: 'succeeds, field 0x13c',
  },
  {
    rule: 'argument.readonly',
    steps: [shake({ argument: 'readonly', version: 'unknown' })],
    at: 0,
    shows: 'fails with EFAULT, field 0x0',
    instead: 'fails with EINVAL, field 0x0',
  },
  {
    rule: 'source.invalid',
    steps: [missing, spoilt({ sourceFlaw: 'wrap' })],
    at: 1,
    shows: UNTOUCHED,
    instead: 'succeeds, field 0x1000',
  },
  {
    rule: 'source.invalid',
    config: { content: ['hole', 'mapped'] },
    steps: [missing, spoilt({ ioctl: 'move', source: 1, sourceFlaw: 'unaligned' })],
    at: 1,
    shows: UNTOUCHED,
  },
  {
    rule: 'copy.any-source',
    steps: [missing, spoilt({ sourceFlaw: 'unaligned' })],
    at: 1,
    shows: 'succeeds, field 0x1000',
    instead: 'fails with EINVAL, field -0x16',
    blames: 'copy.content',
  },
  {
    rule: 'copy.source-unmapped',
    steps: [missing, spoilt({ sourceFlaw: 'unmapped' })],
    at: 1,
    shows: 'fails with EFAULT, field -0xe',
    instead: 'succeeds, field 0x1000',
  },
  {
    rule: 'copy.source-unmapped',
    config: { content: ['hole', 'hole'] },
    steps: [
      call('register', ['missing'], { pages: 2 }),
      spoilt({ sourceFlaw: 'ends', range: { page: 0, pages: 2, flaw: 'none' } }),
    ],
    at: 1,
    shows: 'fails with EAGAIN, field 0x1000',
    instead: 'succeeds, field 0x2000',
    blames: 'fill.partial',
  },
  {
    rule: 'copy.source-first',
    config: { content: ['mapped'] },
    steps: [missing, spoilt({ sourceFlaw: 'unmapped' })],
    at: 1,
    shows: 'fails with EFAULT, field -0xe',
    instead: 'fails with EEXIST, field -0x11',
    blames: 'copy.source-unmapped',
  },
  {
    rule: 'copy.source-first',
    config: { ...HUGE, content: ['mapped'] },
    steps: [missing, spoilt({ sourceFlaw: 'unmapped' })],
    at: 1,
    shows: 'fails with EEXIST, field -0x11',
    instead: 'fails with EFAULT, field -0xe',
    blames: 'copy.exists',
  },
  {
    rule: 'move.from-nowhere',
    config: { content: ['hole', 'mapped'] },
    steps: [missing, spoilt({ ioctl: 'move', source: 1, sourceFlaw: 'unmapped' })],
    at: 1,
    shows: 'fails with ENOENT, field -0x2',
    instead: 'succeeds, field 0x1000',
  },
  ...(['copy', 'poison'] as const).map((ioctl): RuleCase => ({
    rule: 'range.huge',
    config: { ...HUGE, content: ['hole', 'hole'] },
    steps: [
      call('register', ['missing'], { pages: 2 }),
      spoilt({ ioctl, range: { page: 0, pages: 1, flaw: 'small_length' } }),
    ],
    at: 1,
    shows: 'fails with EINVAL, field -0x16',
    instead: 'succeeds, field 0x400000',
  })),
  {
    rule: 'range.huge',
    config: HUGE,
    steps: [call('register', ['missing'], { flaw: 'small_start' })],
    at: 0,
    shows: UNTOUCHED,
  },
  {
    rule: 'range.huge',
    config: HUGE,
    steps: [missing, call('unregister', [], { flaw: 'small_start' })],
    at: 1,
    shows: 'fails with EINVAL, field 0x0',
    instead: 'succeeds, field 0x0',
  },
  {
    rule: 'range.huge',
    config: HUGE,
    steps: [call('register', ['wp']), call('writeprotect', ['wp'], { flaw: 'small_start' })],
    at: 1,
    shows: 'fails with EINVAL, field 0x0',
    instead: 'succeeds, field 0x0',
  },
  {
    rule: 'wake.bytes',
    config: HUGE,
    steps: [missing, read(), call('copy', ['dontwake']), call('wake', [], { flaw: 'small_start' }), call('wake')],
    at: 4,
    shows: 'thread 0 goes on, value 0xa000000000005a5a',
    blames: 'fault.none',
  },
  {
    rule: 'api.privilege',
    steps: [shake({ features: ['event_fork'], unprivileged: true })],
    at: 0,
    shows: 'fails with EPERM, field 0x0',
    instead: 'succeeds, field 0x1ffff',
  },
  {
    rule: 'api.privilege',
    profile: { mayFork: false },
    steps: [shake({ features: ['event_fork'] })],
    at: 0,
    shows: 'fails with EPERM, field 0x0',
    instead: 'succeeds, field 0x1ffff',
  },
  {
    rule: 'api.privilege-first',
    steps: [shake({ features: ['event_fork'], unprivileged: true, unknownFeature: true })],
    at: 0,
    shows: 'fails with EPERM, field 0x0',
    instead: 'fails with EINVAL, field 0x0',
    blames: 'api.privilege',
  },
  {
    rule: 'api.privilege-first',
    profile: { privilegeFirst: false },
    steps: [shake({ features: ['event_fork'], unprivileged: true, unknownFeature: true })],
    at: 0,
    shows: 'fails with EINVAL, field 0x0',
    instead: 'fails with EPERM, field 0x0',
    blames: 'api.unknown-feature',
  },
];
