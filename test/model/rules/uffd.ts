import type { Hole, X86Config, Uffd, UffdStep } from '../../../src/scenario/stage2.js';
import { access, config, uffd } from '../../scenario/examples.js';
import { done, holds, result, signal, userfault, word, type RuleCase, type Seen, ON_PROCESSOR } from '../support.js';

function registered(changes: Partial<Uffd> = {}, backing: 'anon' | 'shmem' = 'anon'): Partial<X86Config> {
  return { data: { ...config().data, backing, uffd: uffd(changes) }, none: { pages: 1, reads: ['0x7'] } };
}

const minorOnly = registered({ missing: false, minor: true }, 'shmem');
const wpOnly = registered({ missing: false, wp: true });
const hole: Hole = { kind: 'hole', region: 'data', page: 0, pages: 1, how: 'dontneed' };
const protect: UffdStep = { kind: 'uffd', action: 'protect', region: 'data', page: 0, pages: 1 };
const unregister: UffdStep = { kind: 'uffd', action: 'unregister', region: 'data' };
const store = access({ op: 'store', value: '0x11' });
const stored = holds('data', 0, 'initial', { 0: 0x11n });
const loaded = done({ rax: word() });
const copied = done({ rax: word(0, 0, 'copy') });

function withdrawn(stuck: boolean): Seen {
  return { kind: 'withdrawn', vcpu: 'host', region: 'data', stuck };
}

export const UFFD: readonly RuleCase[] = [
  {
    rule: 'uffd.missing',
    config: registered(),
    steps: [
      [hole, [result()]],
      [access(), [userfault('read'), copied], [copied]],
    ],
    end: [holds('data', 0, 'copy')],
  },
  {
    rule: 'uffd.write-flag',
    config: registered(),
    steps: [
      [hole, [result()]],
      [store, [userfault('write'), done()], [userfault('read'), done()]],
    ],
    end: [holds('data', 0, 'copy', { 0: 0x11n })],
    blames: 'uffd.missing',
  },
  {
    rule: 'uffd.minor',
    config: minorOnly,
    steps: [
      [hole, [result()]],
      [access(), [userfault('minor'), loaded], [loaded]],
    ],
  },
  {
    rule: 'uffd.wp',
    config: wpOnly,
    steps: [
      [protect, [result()]],
      [store, [userfault('wp'), done()], [done()]],
    ],
    end: [stored],
  },
  {
    rule: 'uffd.no-message',
    config: registered(),
    steps: [[access(), [loaded], [userfault('read'), loaded]]],
  },
  {
    rule: 'uffd.copy',
    config: registered(),
    steps: [
      [hole, [result()]],
      [access(), [userfault('read'), copied], [userfault('read'), done()]],
    ],
    end: [holds('data', 0, 'copy'), holds('data', 0, 'zero')],
    blames: 'access.load-value',
  },
  {
    rule: 'uffd.copy-wp',
    config: registered({ wp: true, missingAnswers: ['copy_wp'] }),
    steps: [
      [hole, [result()]],
      [access(), [userfault('read'), copied]],
      [store, [userfault('wp'), done()], [done()]],
    ],
    end: [holds('data', 0, 'copy', { 0: 0x11n })],
    blames: 'uffd.wp',
  },
  {
    rule: 'uffd.zeropage',
    config: registered({ missingAnswers: ['zeropage'] }),
    steps: [
      [hole, [result()]],
      [access(), [userfault('read'), done()], [userfault('read'), copied]],
    ],
    end: [holds('data', 0, 'zero'), holds('data', 0, 'copy')],
    blames: 'access.load-value',
  },
  {
    rule: 'uffd.poison',
    on: ON_PROCESSOR,
    config: registered({ missingAnswers: ['poison'] }),
    steps: [
      [hole, [result()]],
      [access(), [userfault('read'), signal(0)], [userfault('read'), loaded]],
    ],
    end: [[signal('host')], holds('data', 0, 'zero')],
  },
  {
    rule: 'uffd.continue',
    config: minorOnly,
    steps: [
      [hole, [result()]],
      [access(), [userfault('minor'), loaded], [userfault('minor'), done()]],
    ],
    end: [[], holds('data', 0, 'zero')],
    blames: 'access.load-value',
  },
  {
    rule: 'uffd.unprotect',
    config: wpOnly,
    steps: [
      [protect, [result()]],
      [store, [userfault('wp'), done()]],
      [store, [done()], [userfault('wp'), done()]],
    ],
    end: [stored],
    blames: 'uffd.no-message',
  },
  {
    rule: 'uffd.withdrawal',
    config: registered({ missingAnswers: ['none'] }),
    steps: [
      [hole, [result()]],
      [access(), [userfault('read'), withdrawn(false), done()], [userfault('read'), done()]],
    ],
    end: [holds('data', 0, 'zero')],
  },
  {
    rule: 'uffd.unregister-wakes',
    config: registered({ missingAnswers: ['none'] }),
    steps: [
      [hole, [result()]],
      [access(), [userfault('read'), withdrawn(false), done()], [userfault('read'), withdrawn(true), done()]],
    ],
    end: [holds('data', 0, 'zero')],
    plant: 'refused',
  },
  {
    rule: 'uffd.unregister-wakes-others',
    config: registered({ missing: false, wp: true, wpAnswer: 'none' }),
    steps: [
      [protect, [result()]],
      [store, [userfault('wp'), withdrawn(true), done()], [userfault('wp'), withdrawn(false), done()]],
    ],
    end: [stored],
  },
  {
    rule: 'uffd.protect',
    config: wpOnly,
    steps: [
      [protect, [result()]],
      [store, [userfault('wp'), done()], [done()]],
    ],
    end: [stored],
    blames: 'uffd.wp',
  },
  {
    rule: 'uffd.unregister',
    config: registered(),
    steps: [
      [hole, [result()]],
      [unregister, [result()]],
      [access(), [done()], [userfault('read'), copied]],
    ],
    end: [holds('data', 0, 'zero'), holds('data', 0, 'copy')],
    blames: 'uffd.no-message',
  },
  {
    rule: 'uffd.register-again',
    config: registered({ wp: true }),
    steps: [
      [{ kind: 'uffd', action: 'register', region: 'data', uffd: uffd({ missing: false, wp: true }) }, [result()]],
      [hole, [result()]],
      [access(), [userfault('read'), copied], [done()]],
    ],
    end: [holds('data', 0, 'copy'), holds('data', 0, 'zero')],
    blames: 'uffd.missing',
  },
  {
    rule: 'uffd.ioctl',
    config: registered(),
    steps: [[unregister, [result()], [result(22)]]],
  },
  {
    rule: 'uffd.register-keeps-wp',
    config: registered({ wp: true }),
    profile: { uffdDropsWp: false },
    steps: [[{ kind: 'uffd', action: 'register', region: 'data', uffd: uffd() }, [result(16)], [result()]]],
  },
  {
    rule: 'uffd.protect-one-mapping',
    config: registered({ wp: true }),
    profile: { uffdWpSpansMappings: false },
    steps: [
      [{ kind: 'host', action: 'mprotect', region: 'data', page: 0, pages: 1, prot: 'read' }, [result()]],
      [{ kind: 'uffd', action: 'protect', region: 'data', page: 0, pages: 2 }, [result(2)], [result()]],
    ],
  },
];
