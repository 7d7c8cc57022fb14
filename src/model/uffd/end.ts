import type { ThreadId } from './expectation.js';
import { poisonCode } from './fault.js';
import { unprotect } from './ioctls/register.js';
import { R } from './rules/index.js';
import type { Page, Run } from './state.js';
import { tryAccesses } from './threads.js';

function expectEntry(run: Run, number: number, page: Page): void {
  const { docket } = run;
  const present = page.mapped;
  const out = page.unsure && present;
  const marked = page.pte === 'marker' || page.pte === 'poison';
  run.events.push({
    kind: 'entry',
    page: number,
    present: out ? undefined : present === docket.holds(R.wp.pagemapPresent),
    swapped: out ? undefined : marked && docket.holds(R.wp.pagemapMark) !== run.memory.hugetlb,
    wp: page.wp && docket.holds(R.wp.pagemapWp),
    rules: { present: R.wp.pagemapPresent.id, swapped: R.wp.pagemapMark.id, wp: R.wp.pagemapWp.id },
  });
}

/** The driver reads the page, and finds what is left. */
function expectPage(run: Run, number: number, page: Page): void {
  if (page.pte === 'poison' && run.docket.holds(R.fault.poisoned)) {
    const rule = R.fault.poisoned.id;
    run.events.push({ kind: 'sigbus', rule, thread: 'unknown', page: number, code: poisonCode(run) });
    return;
  }
  const { content } = page;
  const kept = run.docket.holds(R.content.kept);
  run.events.push({
    kind: 'page',
    rule: R.content.kept.id,
    page: number,
    base: kept ? (content?.base ?? 'zero') : { tag: 'b', page: 15 },
    words: content?.words ?? new Map<number, bigint>(),
  });
}

/** Who still waits, the entries, what comes of the waiting when the descriptor is closed, and the contents. */
export function expectEnd(run: Run): void {
  const waiting = [...run.waiting.values()].sort((a, b) => a.thread - b.thread);
  for (const { thread } of waiting) {
    run.docket.holds(R.fault.waiting);
    run.events.push({ kind: 'waits', rule: R.fault.waiting.id, thread: thread as ThreadId });
  }
  run.pages.forEach((page, number) => {
    expectEntry(run, number, page);
  });
  for (const page of run.pages) {
    if (page.forWp) unprotect(page);
    page.modes = 0;
  }
  if (waiting.length > 0 && run.docket.holds(R.fault.released)) tryAccesses(run, waiting);
  run.pages.forEach((page, number) => {
    expectPage(run, number, page);
  });
}
