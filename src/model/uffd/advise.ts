/** madvise(2) by a thread of the scenario. */
import type { Advice, UffdAdvise } from '../../scenario/uffd.js';
import { LET_GO } from '../../scenario/uffd/steps.js';
import { EACCES, EINVAL, ENOMEM } from './errno.js';
import { pageOut } from './drop.js';
import type { ThreadId } from './expectation.js';
import type { Obstacle } from './ioctls/fill.js';
import type { Span } from './ioctls/range.js';
import { letGo } from './letGo.js';
import { R, type BookRule } from './rules/index.js';
import type { Run } from './state.js';
import { isBusy, tryAccesses } from './threads.js';

function returned(run: Run, thread: number, rule: BookRule, errno: number): void {
  run.events.push({ kind: 'returned', rule: rule.id, thread: thread as ThreadId, errno });
}

/** The pages that madvise() works on. The length counts in small pages, and what is left of a huge one is not dropped. */
function spanOf(run: Run, { advice, range }: UffdAdvise): Span {
  const all = run.pages.length;
  if (range.flaw === 'outside' || range.flaw === 'high') return { first: all, end: all, beyond: true };
  const longer = range.flaw === 'beyond' || range.flaw === 'unaligned_length';
  const end = range.page + range.pages;
  const rest = range.flaw === 'unaligned_length' && run.memory.hugetlb && advice === 'dontneed';
  return { first: range.page, end: Math.min(longer && !rest ? end + 1 : end, all), beyond: longer && end + 1 > all };
}

/** Why this memory does not take the advice. */
function unfit({ memory }: Run, advice: Advice): Obstacle | undefined {
  switch (advice) {
    case 'remove':
      if (memory.shared) return undefined;
      return { rule: R.advise.removeRefused, errno: memory.file ? EACCES : EINVAL };
    case 'free':
      // Of small pages it is refused only after the event.
      return memory.hugetlb ? { rule: R.advise.freeRefused, errno: EINVAL } : undefined;
    case 'pageout':
      return memory.hugetlb ? { rule: R.advise.pageoutRefused, errno: EINVAL } : undefined;
    case 'collapse':
      return { rule: R.advise.collapse, errno: EINVAL };
    case 'dontneed':
    case 'populate_read':
    case 'populate_write':
      return undefined;
  }
}

/** What the call returns when all is done that can be. */
function outcome(run: Run, beyond: boolean, works: BookRule): Obstacle {
  return beyond && run.docket.holds(R.advise.unmapped)
    ? { rule: R.advise.unmapped, errno: ENOMEM }
    : { rule: works, errno: 0 };
}

const WORKS: Readonly<Record<Advice, BookRule>> = {
  dontneed: R.advise.dontneed,
  remove: R.advise.remove,
  free: R.advise.free,
  collapse: R.advise.collapse,
  pageout: R.advise.pageout,
  populate_read: R.advise.populate,
  populate_write: R.advise.populate,
};

function apply(run: Run, step: UffdAdvise, span: Span): void {
  const { thread, advice } = step;
  const refusal = span.first < span.end ? unfit(run, advice) : undefined;
  if (refusal !== undefined && run.docket.holds(refusal.rule)) {
    returned(run, thread, refusal.rule, refusal.errno);
    return;
  }
  const ending = outcome(run, span.beyond, WORKS[advice]);
  if (LET_GO.includes(advice)) {
    letGo(run, { step, span, ending });
    return;
  }
  if (advice === 'pageout') for (const page of run.pages.slice(span.first, span.end)) pageOut(run, page);
  returned(run, thread, ending.rule, ending.errno);
}

/** Faults the pages in, one after the other. */
function populate(run: Run, { thread, advice }: UffdAdvise, span: Span): void {
  const ending = outcome(run, span.beyond, R.advise.populate);
  if (span.first === span.end || !run.docket.holds(R.advise.populate)) {
    returned(run, thread, ending.rule, ending.errno);
    return;
  }
  const op = advice === 'populate_write' ? 'write' : 'read';
  tryAccesses(run, [
    { thread, op, page: span.first, word: 0, value: '0x0', populate: { last: span.end - 1, ...ending } },
  ]);
}

export function stepAdvise(run: Run, step: UffdAdvise): void {
  if (isBusy(run, step.thread)) return;
  const { flaw } = step.range;
  if ((flaw === 'unaligned_start' || flaw === 'wrap') && run.docket.holds(R.advise.range)) {
    returned(run, step.thread, R.advise.range, EINVAL);
    return;
  }
  if (flaw === 'empty' && run.docket.holds(R.advise.range)) {
    returned(run, step.thread, R.advise.range, 0);
    return;
  }
  const span = spanOf(run, step);
  if (step.advice === 'populate_read' || step.advice === 'populate_write') populate(run, step, span);
  else apply(run, step, span);
}
