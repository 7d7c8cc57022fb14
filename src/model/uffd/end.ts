import type { UffdPagemap } from '../../scenario/uffd.js';
import { CHILD } from '../../scenario/uffd/fork.js';
import type { Owner, ThreadId } from './expectation.js';
import { poisonCode } from './fault.js';
import { stepExit } from './fork.js';
import { unprotect } from './ioctls/register.js';
import { R } from './rules/index.js';
import type { Page, Run } from './state.js';
import { tryAccesses } from './threads.js';
import type { Touch } from './touch.js';

function expectEntry(run: Run, owner: Owner, number: number, page: Page): void {
  const { docket } = run;
  const present = page.mapped;
  const out = page.unsure && present;
  const marked = page.pte === 'marker' || page.pte === 'poison';
  run.events.push({
    kind: 'entry',
    owner,
    page: number,
    present: out ? undefined : present === docket.holds(R.wp.pagemapPresent),
    swapped: out ? undefined : marked && docket.holds(R.wp.pagemapMark) !== run.memory.hugetlb,
    wp: page.wp && docket.holds(R.wp.pagemapWp),
    rules: { present: R.wp.pagemapPresent.id, swapped: R.wp.pagemapMark.id, wp: R.wp.pagemapWp.id },
  });
}

/** The entries of some pages. */
export function stepPagemap(run: Run, { range }: UffdPagemap): void {
  for (let number = range.page; number < range.page + range.pages; number++)
    expectEntry(run, 'own', number, run.page(number));
}

/** The driver reads the page, and finds what is left. */
function expectPage(run: Run, owner: Owner, number: number, page: Page): void {
  if (page.pte === 'poison' && run.docket.holds(R.fault.poisoned)) {
    const rule = R.fault.poisoned.id;
    run.events.push({
      kind: 'sigbus',
      rule,
      thread: owner === 'child' ? CHILD : 'unknown',
      page: number,
      code: poisonCode(run),
    });
    return;
  }
  const { content } = page;
  const kept = run.docket.holds(R.content.kept);
  run.events.push({
    kind: 'page',
    rule: R.content.kept.id,
    owner,
    page: number,
    base: kept ? (content?.base ?? 'zero') : { tag: 'b', page: 15 },
    words: content?.words ?? new Map<number, bigint>(),
  });
}

function expectWaiting(run: Run): void {
  for (const { thread } of waitingIn(run)) {
    run.docket.holds(R.fault.waiting);
    run.events.push({ kind: 'waits', rule: R.fault.waiting.id, thread: thread as ThreadId });
  }
}

function waitingIn(run: Run): Touch[] {
  return [...run.waiting.values()].sort((a, b) => a.thread - b.thread);
}

/** The descriptor is closed, and whoever waits goes on. */
function release(run: Run): void {
  for (const page of run.pages) {
    if (page.forWp) unprotect(page);
    page.modes = 0;
  }
  const waiting = waitingIn(run);
  if (waiting.length > 0 && run.docket.holds(R.fault.released)) tryAccesses(run, waiting);
}

function expectEntries(run: Run, owner: Owner): void {
  run.pages.forEach((page, number) => {
    expectEntry(run, owner, number, page);
  });
}

function expectPages(run: Run, owner: Owner): void {
  run.pages.forEach((page, number) => {
    expectPage(run, owner, number, page);
  });
}

/** Who still waits, the entries, what comes of the waiting when the descriptors are closed, the contents, and the child's end. */
export function expectEnd(run: Run): void {
  const child = run.child?.alive === true ? run.child.run : undefined;
  expectWaiting(run);
  if (child !== undefined) expectWaiting(child);
  expectEntries(run, 'own');
  if (child !== undefined) expectEntries(child, 'child');
  if (child !== undefined) release(child);
  release(run);
  expectPages(run, 'own');
  if (child === undefined) return;
  expectPages(child, 'child');
  stepExit(run);
}
