import { CHILD } from '../../../src/scenario/uffd/fork.js';
import type { UffdConfig, UffdStep } from '../../../src/scenario/uffd.js';
import { call, moveTo, read, type RuleCase, write } from './cases.js';

const FORK: UffdStep = { kind: 'fork' };
const EXIT: UffdStep = { kind: 'exit' };

const EVENT = { features: ['event_fork'] } as const satisfies Partial<UffdConfig>;
const MAPPED = { content: ['mapped'] } as const satisfies Partial<UffdConfig>;

const missing = call('register', ['missing']);
const wp = call('register', ['wp']);
const protect = call('writeprotect', ['wp']);
const childReads = read(0, CHILD);
const childWrites = write(0, CHILD);

function byChild(step: UffdStep): UffdStep {
  return step.kind === 'ioctl' ? { ...step, descriptor: 'child' } : step;
}

export const FORK_CASES: readonly RuleCase[] = [
  { rule: 'fork.works', steps: [FORK], at: 0, shows: 'succeeds, field 0x0', instead: 'fails with ENOMEM, field 0x0' },
  { rule: 'fork.event', config: EVENT, steps: [missing, FORK], at: 1, shows: 'event FORK', blames: 'fork.event' },
  {
    rule: 'fork.inherits',
    config: EVENT,
    steps: [missing, FORK, childReads],
    at: 2,
    shows: 'the child waits: userfault at 0x0, read',
    instead: 'the child goes on, value 0x0',
    blames: 'fault.missing',
  },
  {
    rule: 'fork.forgets',
    steps: [missing, FORK, childReads],
    at: 2,
    shows: 'the child goes on, value 0x0',
    instead: 'the child waits: userfault at 0x0, read',
    blames: 'fault.none',
  },
  {
    rule: 'fork.keeps-wp',
    config: { ...MAPPED, ...EVENT },
    steps: [wp, protect, FORK],
    at: 'end',
    shows: "the child's entry of page 0: present, write-protected",
    instead: "the child's entry of page 0: present",
    blames: 'pagemap.wp',
  },
  {
    rule: 'fork.drops-wp',
    config: MAPPED,
    steps: [wp, protect, FORK],
    at: 'end',
    shows: "the child's entry of page 0: present",
    instead: "the child's entry of page 0: present, write-protected",
    blames: 'pagemap.wp',
  },
  {
    rule: 'fork.poison',
    steps: [missing, call('poison'), FORK, childReads],
    at: 3,
    shows: 'SIGBUS for the child, code 4',
    instead: 'the child goes on, value 0x0',
    blames: 'fault.poisoned',
  },
  {
    rule: 'fork.private',
    config: MAPPED,
    steps: [FORK, childWrites],
    at: 'end',
    shows: 'page 0 holds page 0 of fill initial',
    instead: 'page 0 holds page 0 of fill initial, +0x18 0x7',
    blames: 'content.kept',
  },
  {
    rule: 'fork.tables',
    config: { ...MAPPED, memory: 'shmem' },
    steps: [FORK],
    at: 'end',
    shows: "the child's entry of page 0: nothing",
    instead: "the child's entry of page 0: present",
    blames: 'pagemap.present',
  },
  {
    rule: 'fork.split',
    config: { ...EVENT, content: ['hole', 'hole'] },
    steps: [
      missing,
      FORK,
      byChild(call('register', ['missing'], { pages: 2 })),
      byChild(call('copy', [], { pages: 2 })),
    ],
    at: 3,
    shows: 'fails with ENOENT, field -0x2',
    instead: 'succeeds, field 0x2000',
    blames: 'fill.unregistered',
  },
  {
    rule: 'move.in-common',
    config: { content: ['hole', 'mapped'] },
    steps: [call('register', ['missing'], { pages: 2 }), FORK, moveTo(0, 1)],
    at: 2,
    shows: 'fails with EBUSY, field -0x10',
    instead: 'succeeds, field 0x1000',
  },
  {
    rule: 'move.other-process',
    config: { ...EVENT, content: ['hole', 'hole'] },
    steps: [call('register', ['missing'], { pages: 2 }), FORK, byChild(moveTo(0, 1))],
    at: 2,
    shows: 'fails with EINVAL, field 0x7777',
    instead: 'fails with ENOENT, field -0x2',
  },
  {
    rule: 'child.no-descriptor',
    steps: [missing, FORK, byChild(call('wake'))],
    at: 2,
    shows: 'fails with EBADF, field 0x0',
    instead: 'succeeds, field 0x0',
  },
  {
    rule: 'child.gone',
    config: EVENT,
    steps: [missing, FORK, EXIT, byChild(call('copy'))],
    at: 3,
    shows: 'fails with ESRCH, field 0x7777',
    instead: 'succeeds, field 0x7777',
  },
  {
    rule: 'child.gone-register',
    config: EVENT,
    steps: [missing, FORK, EXIT, byChild(call('unregister'))],
    at: 3,
    shows: 'fails with ENOMEM, field 0x0',
    instead: 'succeeds, field 0x0',
  },
  {
    rule: 'child.ends',
    config: EVENT,
    steps: [missing, FORK, childReads, EXIT],
    at: 3,
    shows: 'the child ends with status 0x9',
    instead: 'the child ends',
  },
];
