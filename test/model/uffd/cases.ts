import type { UffdProfile } from '../../../src/scenario/uffd/profile.js';
import type { UffdConfig, UffdIoctl, UffdStep } from '../../../src/scenario/uffd.js';

type Ioctl = UffdIoctl['ioctl'];
type Mode = UffdIoctl['mode'][number];
type Flaw = UffdIoctl['range']['flaw'];

/** One rule on both sides: the least scenario in which it decides, and what shows there with it and without it. */
export interface RuleCase {
  readonly rule: string;
  readonly config?: Partial<UffdConfig>;
  readonly profile?: Partial<UffdProfile>;
  readonly steps: readonly UffdStep[];
  /** The step that shows it, or the end. */
  readonly at: number | 'end';
  /** Among the lines of that step with the rule, and not without it. */
  readonly shows: string;
  /** Among the lines of that step without the rule; undefined where there is just less. */
  readonly instead?: string;
  /** The rule that a report names, where the sentence has no event of its own. */
  readonly blames?: string;
}

export function call(
  ioctl: Ioctl,
  mode: Mode[] = [],
  range: { page?: number; pages?: number; flaw?: Flaw } = {},
): UffdStep {
  return { kind: 'ioctl', ioctl, range: { page: 0, pages: 1, flaw: 'none', ...range }, mode, source: 0 };
}

/** UFFDIO_MOVE of one page. */
export function moveTo(page: number, source: number): UffdStep {
  return { kind: 'ioctl', ioctl: 'move', range: { page, pages: 1, flaw: 'none' }, mode: [], source };
}

export function read(page = 0, thread = 0, word = thread): UffdStep {
  return { kind: 'access', thread, op: 'read', page, word, value: '0x0' };
}

export function write(page = 0, thread = 0, word = thread): UffdStep {
  return { kind: 'access', thread, op: 'write', page, word, value: '0x7' };
}

export function shake(changes: Partial<Extract<UffdStep, { kind: 'api' }>> = {}): UffdStep {
  return { kind: 'api', fresh: true, version: 'known', features: [], unknownFeature: false, ...changes };
}

const MAPPED = { content: ['mapped'] } as const satisfies Partial<UffdConfig>;
const PAIR = { content: ['hole', 'mapped'] } as const satisfies Partial<UffdConfig>;
const CACHED = { memory: 'shmem', content: ['cached'] } as const satisfies Partial<UffdConfig>;
const HUGE = { memory: 'hugetlb' } as const satisfies Partial<UffdConfig>;

const missing = call('register', ['missing']);
const wp = call('register', ['wp']);
const both = call('register', ['missing', 'wp']);
const minor = call('register', ['minor']);
const protect = call('writeprotect', ['wp']);
const unprotect = call('writeprotect');
const copy = call('copy');

const EINVAL = (field: string): string => `fails with EINVAL, field ${field}`;
const EEXIST = 'fails with EEXIST, field -0x11';
const DONE = 'succeeds, field 0x1000';
const NOTHING = 'succeeds, field 0x0';
const ASKS = 'thread 0 waits: userfault at 0x0, read';
const ASKS_WP = 'thread 0 waits: userfault at 0x0, WRITE|WP';
const WROTE = 'thread 0 goes on, value 0x7';
const ZERO = 'thread 0 goes on, value 0x0';
const FILLED = 'thread 0 goes on, value 0xa000000000005a5a';
const INITIAL = 'thread 0 goes on, value 0xa200000000005a5a';
const WAITS = 'thread 0 still waits';
const POISONED = 'SIGBUS for thread 0, code 4';

export const RULE_CASES: readonly RuleCase[] = [
  { rule: 'fault.missing', steps: [missing, read()], at: 1, shows: ASKS, instead: ZERO },
  {
    rule: 'fault.write-flag',
    steps: [missing, write()],
    at: 1,
    shows: 'thread 0 waits: userfault at 0x0, WRITE',
    instead: ASKS,
  },
  {
    rule: 'fault.minor',
    config: CACHED,
    steps: [minor, read()],
    at: 1,
    shows: 'thread 0 waits: userfault at 0x0, MINOR',
    instead: INITIAL,
  },
  { rule: 'fault.wp', config: MAPPED, steps: [wp, protect, write()], at: 2, shows: ASKS_WP, instead: WROTE },
  {
    rule: 'fault.exact-address',
    config: { features: ['exact_address'] },
    steps: [missing, read(0, 0, 3)],
    at: 1,
    shows: 'thread 0 waits: userfault at 0x18, read',
    instead: ASKS,
  },
  {
    rule: 'fault.sigbus',
    config: { features: ['sigbus'] },
    steps: [missing, read()],
    at: 1,
    shows: 'SIGBUS for thread 0, code 2',
    instead: ASKS,
  },
  { rule: 'fault.poisoned', steps: [missing, call('poison'), read()], at: 2, shows: POISONED, instead: ASKS },
  {
    rule: 'fault.memory-error',
    steps: [missing, call('poison'), read()],
    at: 2,
    shows: POISONED,
    instead: 'SIGBUS for thread 0, code 2',
    blames: 'fault.poisoned',
  },
  {
    rule: 'fault.wp-async',
    config: { ...MAPPED, features: ['wp_async'] },
    steps: [wp, protect, write()],
    at: 2,
    shows: WROTE,
    instead: ASKS_WP,
    blames: 'fault.none',
  },
  {
    rule: 'fault.zeroes',
    steps: [read()],
    at: 0,
    shows: ZERO,
    instead: 'thread 0 goes on, value 0x1',
    blames: 'fault.value',
  },
  {
    rule: 'fault.value',
    config: MAPPED,
    steps: [read()],
    at: 0,
    shows: INITIAL,
    instead: 'thread 0 goes on, value 0xa200000000005a5b',
  },
  {
    rule: 'fault.around',
    config: { memory: 'shmem', content: ['cached', 'cached'] },
    steps: [read(1)],
    at: 'end',
    shows: 'entry of page 0: present',
    instead: 'entry of page 0: nothing',
    blames: 'pagemap.present',
  },
  { rule: 'fault.waits', steps: [missing, read(), copy], at: 2, shows: FILLED, blames: 'fault.none' },
  { rule: 'fault.released', steps: [missing, read()], at: 'end', shows: ZERO, blames: 'fault.none' },

  {
    rule: 'range.invalid',
    steps: [call('register', ['missing'], { flaw: 'empty' })],
    at: 0,
    shows: EINVAL('0x7777'),
    instead: 'succeeds, field 0x13c',
  },
  {
    rule: 'range.mode',
    steps: [missing, call('copy', ['bogus'])],
    at: 1,
    shows: EINVAL('0x7777'),
    instead: DONE,
  },
  {
    rule: 'range.holes',
    steps: [call('register', ['missing'], { flaw: 'beyond' })],
    at: 0,
    shows: 'succeeds, field 0x13c',
    instead: EINVAL('0x7777'),
    blames: 'register.works',
  },
  {
    rule: 'range.nothing-mapped',
    steps: [call('register', ['missing'], { flaw: 'outside' })],
    at: 0,
    shows: EINVAL('0x7777'),
    instead: 'succeeds, field 0x13c',
  },
  {
    rule: 'register.no-mode',
    steps: [call('register')],
    at: 0,
    shows: EINVAL('0x7777'),
    instead: 'succeeds, field 0x13c',
  },
  { rule: 'register.minor-anon', steps: [minor], at: 0, shows: EINVAL('0x7777'), instead: 'succeeds, field 0x1bc' },
  { rule: 'register.works', steps: [missing], at: 0, shows: 'succeeds, field 0x13c', instead: EINVAL('0x7777') },
  { rule: 'register.ioctls', steps: [missing], at: 0, shows: 'succeeds, field 0x13c', instead: NOTHING },
  {
    rule: 'register.replaces',
    config: MAPPED,
    steps: [both, missing, protect],
    at: 2,
    shows: NOTHING,
    instead: 'fails with ENOENT, field 0x0',
    blames: 'writeprotect.protects',
  },
  {
    rule: 'register.keeps-wp',
    profile: { dropsWp: false },
    steps: [wp, missing],
    at: 1,
    shows: 'fails with EBUSY, field 0x7777',
    instead: 'succeeds, field 0x13c',
  },
  {
    rule: 'unregister.works',
    steps: [missing, call('unregister'), read()],
    at: 2,
    shows: ZERO,
    instead: ASKS,
    blames: 'fault.none',
  },
  {
    rule: 'unregister.unprotects',
    config: MAPPED,
    steps: [wp, protect, call('unregister')],
    at: 'end',
    shows: 'entry of page 0: present',
    instead: 'entry of page 0: present, write-protected',
    blames: 'pagemap.wp',
  },
  { rule: 'unregister.wakes', steps: [missing, read(), call('unregister')], at: 2, shows: ZERO, blames: 'fault.none' },
  {
    rule: 'unregister.wakes-others',
    config: MAPPED,
    steps: [wp, protect, write(), call('unregister')],
    at: 'end',
    shows: WAITS,
    blames: 'fault.waits',
  },
  { rule: 'wake.works', steps: [missing, read(), call('wake')], at: 2, shows: ASKS, blames: 'fault.missing' },

  {
    rule: 'fill.unregistered',
    steps: [copy],
    at: 0,
    shows: 'fails with ENOENT, field -0x2',
    instead: NOTHING,
  },
  {
    rule: 'fill.split-hugetlb',
    config: { ...HUGE, content: ['hole', 'hole'] },
    steps: [
      call('register', ['missing'], { page: 0 }),
      call('register', ['missing'], { page: 1 }),
      call('copy', [], { pages: 2 }),
    ],
    at: 2,
    shows: 'fails with ENOENT, field -0x2',
    instead: 'succeeds, field 0x400000',
    blames: 'fill.unregistered',
  },
  { rule: 'fill.wakes', steps: [missing, read(), copy], at: 2, shows: FILLED, blames: 'fault.none' },
  {
    rule: 'fill.dontwake',
    steps: [missing, read(), call('copy', ['dontwake'])],
    at: 'end',
    shows: WAITS,
    blames: 'fault.waits',
  },
  {
    rule: 'fill.partial',
    config: PAIR,
    steps: [call('register', ['missing'], { pages: 2 }), call('copy', [], { pages: 2 })],
    at: 1,
    shows: 'fails with EAGAIN, field 0x1000',
    instead: 'fails with EEXIST, field 0x1000',
  },
  { rule: 'fill.result', steps: [missing, copy], at: 1, shows: DONE, instead: NOTHING },
  { rule: 'copy.content', steps: [missing, copy, read()], at: 2, shows: FILLED, instead: ZERO, blames: 'fault.value' },
  { rule: 'copy.exists', config: MAPPED, steps: [missing, copy], at: 1, shows: EEXIST, instead: DONE },
  {
    rule: 'copy.over-marker',
    config: { features: ['wp_unpopulated'] },
    steps: [both, protect, copy],
    at: 2,
    shows: DONE,
    instead: EEXIST,
    blames: 'copy.content',
  },
  {
    rule: 'copy.wp',
    steps: [both, call('copy', ['wp'])],
    at: 'end',
    shows: 'entry of page 0: present, write-protected',
    instead: 'entry of page 0: present',
    blames: 'pagemap.wp',
  },
  { rule: 'copy.wp-needs-wp', steps: [missing, call('copy', ['wp'])], at: 1, shows: EINVAL('-0x16'), instead: DONE },
  {
    rule: 'zeropage.content',
    steps: [missing, call('zeropage'), read()],
    at: 2,
    shows: ZERO,
    instead: FILLED,
    blames: 'fault.value',
  },
  { rule: 'zeropage.exists', config: MAPPED, steps: [missing, call('zeropage')], at: 1, shows: EEXIST, instead: DONE },
  {
    rule: 'zeropage.over-marker',
    config: { features: ['wp_unpopulated'] },
    steps: [both, protect, call('zeropage')],
    at: 2,
    shows: EEXIST,
    instead: DONE,
  },
  {
    rule: 'zeropage.hugetlb',
    config: HUGE,
    steps: [missing, call('zeropage')],
    at: 1,
    shows: EINVAL('-0x16'),
    instead: 'succeeds, field 0x200000',
  },
  {
    rule: 'continue.content',
    config: CACHED,
    steps: [minor, call('continue'), read()],
    at: 2,
    shows: INITIAL,
    instead: ZERO,
    blames: 'fault.value',
  },
  {
    rule: 'continue.nothing',
    config: { memory: 'shmem' },
    steps: [minor, call('continue')],
    at: 1,
    shows: 'fails with EFAULT, field -0xe',
    instead: DONE,
  },
  {
    rule: 'continue.exists',
    config: { memory: 'shmem', content: ['mapped'] },
    steps: [minor, call('continue')],
    at: 1,
    shows: EEXIST,
    instead: DONE,
  },
  {
    rule: 'continue.anon',
    steps: [missing, call('continue')],
    at: 1,
    shows: EINVAL('-0x16'),
    instead: 'fails with EFAULT, field -0xe',
  },
  {
    rule: 'move.content',
    config: PAIR,
    steps: [call('register', ['missing'], { pages: 2 }), moveTo(0, 1)],
    at: 'end',
    shows: 'page 0 holds page 1 of fill initial',
    instead: 'page 1 holds page 1 of fill initial',
    blames: 'content.kept',
  },
  {
    rule: 'move.exists',
    config: { content: ['mapped', 'mapped'] },
    steps: [call('register', ['missing'], { pages: 2 }), moveTo(0, 1)],
    at: 1,
    shows: EEXIST,
    instead: DONE,
  },
  {
    rule: 'move.hole',
    config: { content: ['hole', 'hole'] },
    steps: [call('register', ['missing'], { pages: 2 }), moveTo(0, 1)],
    at: 1,
    shows: 'fails with ENOENT, field -0x2',
    instead: DONE,
  },
  {
    rule: 'move.mark',
    config: { content: ['hole', 'hole'] },
    steps: [call('register', ['missing'], { pages: 2 }), call('poison', [], { page: 1 }), moveTo(0, 1)],
    at: 2,
    shows: 'fails with EFAULT, field -0xe',
    instead: DONE,
  },
  { rule: 'move.unfit', config: PAIR, steps: [moveTo(0, 1)], at: 0, shows: EINVAL('-0x16'), instead: DONE },
  {
    rule: 'move.nowhere',
    steps: [missing, call('move', [], { flaw: 'outside' })],
    at: 1,
    shows: 'fails with ENOENT, field -0x2',
    instead: NOTHING,
  },
  {
    rule: 'poison.works',
    steps: [missing, call('poison'), read()],
    at: 2,
    shows: POISONED,
    instead: ASKS,
    blames: 'fault.poisoned',
  },
  { rule: 'poison.exists', config: MAPPED, steps: [missing, call('poison')], at: 1, shows: EEXIST, instead: DONE },
  {
    rule: 'ioctl.unknown',
    profile: { features: { poison: false } as UffdProfile['features'] },
    steps: [missing, call('poison')],
    at: 1,
    shows: EINVAL('0x7777'),
    instead: DONE,
  },
  {
    rule: 'writeprotect.protects',
    config: MAPPED,
    steps: [wp, protect, write()],
    at: 2,
    shows: ASKS_WP,
    instead: WROTE,
    blames: 'fault.wp',
  },
  {
    rule: 'writeprotect.unpopulated',
    config: { features: ['wp_unpopulated'] },
    steps: [wp, protect, write()],
    at: 2,
    shows: ASKS_WP,
    instead: WROTE,
    blames: 'fault.wp',
  },
  {
    rule: 'writeprotect.unprotects',
    config: MAPPED,
    steps: [wp, protect, unprotect, write()],
    at: 3,
    shows: WROTE,
    instead: ASKS_WP,
    blames: 'fault.none',
  },
  {
    rule: 'writeprotect.needs-wp',
    config: MAPPED,
    steps: [missing, protect],
    at: 1,
    shows: 'fails with ENOENT, field 0x0',
    instead: NOTHING,
  },
  {
    rule: 'writeprotect.one-mapping',
    profile: { wpSpansMappings: false },
    config: { content: ['mapped', 'mapped'] },
    steps: [
      call('register', ['wp'], { page: 0 }),
      call('register', ['missing', 'wp'], { page: 1 }),
      call('writeprotect', ['wp'], { pages: 2 }),
    ],
    at: 2,
    shows: 'fails with ENOENT, field 0x0',
    instead: NOTHING,
  },
  {
    rule: 'writeprotect.wp-dontwake',
    config: MAPPED,
    steps: [wp, call('writeprotect', ['wp', 'dontwake'])],
    at: 1,
    shows: EINVAL('0x0'),
    instead: NOTHING,
  },
  {
    rule: 'writeprotect.mark-kept',
    config: { features: ['wp_unpopulated'] },
    steps: [wp, protect, read(), write()],
    at: 3,
    shows: ASKS_WP,
    instead: WROTE,
    blames: 'fault.wp',
  },
  {
    rule: 'pagemap.wp',
    config: MAPPED,
    steps: [wp, protect],
    at: 'end',
    shows: 'entry of page 0: present, write-protected',
    instead: 'entry of page 0: present',
  },
  {
    rule: 'pagemap.present',
    config: MAPPED,
    steps: [],
    at: 'end',
    shows: 'entry of page 0: present',
    instead: 'entry of page 0: nothing',
  },
  {
    rule: 'pagemap.mark',
    steps: [missing, call('poison')],
    at: 'end',
    shows: 'entry of page 0: swapped',
    instead: 'entry of page 0: nothing',
  },
  {
    rule: 'api.answers',
    steps: [shake()],
    at: 0,
    shows: 'succeeds, field 0x1ffff',
    instead: NOTHING,
  },
  {
    rule: 'api.version',
    steps: [shake({ version: 'unknown' })],
    at: 0,
    shows: EINVAL('0x0'),
    instead: 'succeeds, field 0x1ffff',
  },
  {
    rule: 'api.unknown-feature',
    steps: [shake({ unknownFeature: true })],
    at: 0,
    shows: EINVAL('0x0'),
    instead: 'succeeds, field 0x1ffff',
  },
  {
    rule: 'api.twice',
    steps: [shake({ fresh: false })],
    at: 0,
    shows: EINVAL('0x0'),
    instead: 'succeeds, field 0x1ffff',
  },
  {
    rule: 'content.kept',
    config: MAPPED,
    steps: [],
    at: 'end',
    shows: 'page 0 holds page 0 of fill initial',
    instead: 'page 0 holds page 15 of fill b',
  },
];
