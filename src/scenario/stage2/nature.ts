import { isFetch, opInfo, type Op } from './ops.js';

/** Loads and stores that do something beside. */
const MANNERS: Readonly<Partial<Record<Op, string>>> = {
  ldr_pre: 'writeback ',
  ldr_post: 'writeback ',
  str_pre: 'writeback ',
  str_post: 'writeback ',
  ldtr: 'unprivileged ',
  sttr: 'unprivileged ',
};

/** Bytes of a general register. */
const WORD_BYTES = 8;

/** What an operation does to memory, in few words: signatures and coverage do not tell one plain store from another. */
export function natureOf(op: Op): string {
  const { reads, writes, peer, rep, widths } = opInfo(op);
  if (isFetch(op)) return 'fetch';
  if (!reads && !writes) return op;
  if (reads && writes) return 'update';
  if (peer !== 'none') return 'move';
  const wide = widths.every((width) => width > WORD_BYTES) ? 'wide ' : '';
  return `${wide}${MANNERS[op] ?? ''}${rep ? 'rep ' : ''}${writes ? 'store' : 'load'}`;
}
