/** The rules about events, each on both of its sides. */
import type { UffdConfig, UffdStep } from '../../../src/scenario/uffd.js';
import { advise } from './adviseCases.js';
import { call, type RuleCase } from './cases.js';

const WATCHED = { content: ['mapped'], features: ['event_remove'] } as const;
const missing = call('register', ['missing']);
const config = (memory: UffdConfig['memory'] = 'anon'): Partial<UffdConfig> => ({
  memory,
  content: [...WATCHED.content],
  features: [...WATCHED.features],
});

/** MADV_DONTNEED by thread 0, whose event is read after the next step. */
export const held: UffdStep = {
  kind: 'advise',
  thread: 0,
  advice: 'dontneed',
  range: { page: 0, pages: 1, flaw: 'none' },
  hold: true,
};

const EVENT = 'event REMOVE of 0x0 to 0x1000';

export const EVENT_CASES: readonly RuleCase[] = [
  { rule: 'event.remove', config: config(), steps: [missing, advise('dontneed')], at: 1, shows: EVENT },
  {
    rule: 'event.waits',
    config: config(),
    steps: [missing, held, call('wake')],
    at: 2,
    shows: EVENT,
    blames: 'event.remove',
  },
  {
    rule: 'event.again',
    config: config(),
    steps: [missing, held, call('copy')],
    at: 2,
    shows: 'fails with EAGAIN',
    instead: 'fails with EEXIST, field -0x11',
  },
  {
    rule: 'event.refused-free',
    config: config('shmem'),
    steps: [missing, advise('free')],
    at: 1,
    shows: EVENT,
    blames: 'event.remove',
  },
];

/** What of the rules about events leaves something open. */
export const EVENT_LIBERTIES = ['event.let-go-before', 'event.split', 'event.argument'];
