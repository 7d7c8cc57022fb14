import { GPA } from '../../../../src/scenario/stage2/layout.js';
import type { Host, X86Config } from '../../../../src/scenario/stage2.js';
import { access, config } from '../../../scenario/examples.js';
import { done, holds, internalError, mmio, result, word, type RuleCase } from '../../support.js';

const seven: Partial<X86Config> = { none: { pages: 1, reads: ['0x7'] } };
const forbid: Host = { kind: 'host', action: 'mprotect', region: 'data', page: 0, pages: 1, prot: 'none' };
const load = access();
const loaded = [done({ rax: word() })];
const exited = [mmio('read', GPA.data, 8, 7n), done({ rax: 7n })];
const stored = holds('data', 0, 'initial', { 0: 0x11n });

export const X86_MEMORY: readonly RuleCase[] = [
  {
    rule: 'host.protection-emulated',
    on: ['emulated'],
    config: seven,
    steps: [
      [forbid, [result()]],
      [load, exited, loaded],
    ],
  },
  {
    rule: 'host.protection-emulated',
    about: 'of a locked operation',
    on: ['emulated'],
    steps: [
      [{ ...forbid, prot: 'read' }, [result()]],
      [access({ op: 'xchg', value: '0x11' }), [internalError()], [done({ rax: word() })]],
    ],
    end: [[], stored],
  },
  {
    rule: 'memory.unspecified',
    about: 'page tables in a read-only slot',
    on: ['nested'],
    config: { pt: { ...config().pt, flags: { log: false, readonly: true } } },
    steps: [[load, [{ kind: 'shutdown', vcpu: 0 }], undefined, loaded]],
    plant: 'open',
  },
];
