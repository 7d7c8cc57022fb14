import { GPA } from '../../../../src/scenario/stage2/layout.js';
import type { Hole, X86Config, Uffd } from '../../../../src/scenario/stage2.js';
import { access, config, uffd } from '../../../scenario/examples.js';
import { done, holds, mmio, result, signal, userfault, word, type RuleCase } from '../../support.js';
import { dropCached } from './paging.js';

function registered(changes: Partial<Uffd> = {}, backing: 'anon' | 'shmem' = 'anon'): Partial<X86Config> {
  return { data: { ...config().data, backing, uffd: uffd(changes) }, none: { pages: 1, reads: ['0x7'] } };
}

const hole: Hole = { kind: 'hole', region: 'data', page: 0, pages: 1, how: 'dontneed' };
const loaded = done({ rax: word() });
const copied = done({ rax: word(0, 0, 'copy') });

export const X86_UFFD: readonly RuleCase[] = [
  {
    rule: 'uffd.poison-emulated',
    on: ['emulated'],
    config: registered({ missingAnswers: ['poison'] }),
    steps: [
      [hole, [result()]],
      [access(), [userfault('read'), mmio('read', GPA.data, 8, 7n), done({ rax: 7n })], [userfault('read'), loaded]],
    ],
    end: [[signal('host')]],
  },
  {
    rule: 'uffd.table-walk',
    on: ['emulated', 'native'],
    config: { pt: { ...config().pt, uffd: uffd() } },
    steps: [
      [{ ...hole, region: 'pt', page: 2 }, [result()]],
      [dropCached, [result()]],
      [access(), [userfault('read', 2, 'pt'), loaded], [userfault('write', 2, 'pt'), loaded]],
    ],
    blames: 'uffd.missing',
  },
  {
    rule: 'uffd.emulated-update',
    on: ['emulated'],
    config: registered(),
    steps: [
      [hole, [result()]],
      [access({ op: 'xchg', value: '0x11' }), [userfault('read'), copied], [userfault('write'), copied]],
    ],
    end: [holds('data', 0, 'copy', { 0: 0x11n })],
    blames: 'uffd.missing',
  },
];
