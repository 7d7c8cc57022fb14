/** MADV_DONTNEED, MADV_REMOVE and MADV_FREE: mapping by mapping, each with its event where somebody wants to know. */
import type { UffdAdvise } from '../../scenario/uffd.js';
import { drop, free, remove } from './drop.js';
import { EINVAL } from './errno.js';
import type { ThreadId } from './expectation.js';
import type { Span } from './ioctls/range.js';
import { inDriversOrder } from './order.js';
import { R, type BookRule } from './rules/index.js';
import type { Page, Run } from './state.js';

const UFFD_EVENT_REMOVE = 0x15;

const EFFECTS: Readonly<Partial<Record<UffdAdvise['advice'], (run: Run, page: Page) => void>>> = {
  dontneed: drop,
  remove,
  free,
};

/** A call that lets pages go, and what it returns when it is through. */
export interface LetGo {
  readonly step: UffdAdvise;
  readonly span: Span;
  readonly ending: { readonly rule: BookRule; readonly errno: number };
}

/** Where the mapping of the first page ends, or the range. */
function mappingEnd(run: Run, first: number, end: number): number {
  let page = first + 1;
  while (page < end && run.page(page).modes === run.page(first).modes && !run.seams.has(page)) page++;
  return page;
}

function sendsEvent(run: Run, first: number): boolean {
  return run.page(first).modes !== 0 && run.asked('event_remove') && run.docket.holds(R.event.remove);
}

function notice(run: Run, first: number, end: number): void {
  const [start, stop] = [first * run.pageBytes, end * run.pageBytes];
  run.events.push({ kind: 'notice', rule: R.event.remove.id, event: UFFD_EVENT_REMOVE, start, end: stop });
}

function numbers(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, i) => from + i);
}

/** Goes on with one mapping whose event was read; false where the call is over. */
function dropMapping(run: Run, { step }: LetGo, first: number, end: number): boolean {
  if (step.advice === 'free' && run.memory.file && run.docket.holds(R.advise.freeRefused)) {
    const rule = R.advise.freeRefused.id;
    run.events.push({ kind: 'returned', rule, thread: step.thread as ThreadId, errno: EINVAL });
    return false;
  }
  for (const page of run.pages.slice(first, end)) EFFECTS[step.advice]?.(run, page);
  return true;
}

/** Lets the pages go from `from` on. */
export function letGo(run: Run, call: LetGo, from = call.span.first): void {
  const { step, span, ending } = call;
  for (let first = from; first < span.end;) {
    const end = mappingEnd(run, first, span.end);
    const quiet = step.advice === 'free' && run.memory.file && !run.docket.holds(R.event.refused);
    if (!quiet && sendsEvent(run, first)) {
      if (step.hold && run.mayHold && run.docket.holds(R.event.waits)) {
        run.held = {
          thread: step.thread,
          gone: new Set(step.advice === 'dontneed' ? numbers(span.first, first) : []),
          resume: () => {
            resume(run, call, first, end);
          },
        };
        return;
      }
      notice(run, first, end);
    }
    if (!dropMapping(run, call, first, end)) return;
    first = end;
  }
  run.events.push({ kind: 'returned', rule: ending.rule.id, thread: step.thread as ThreadId, errno: ending.errno });
}

function resume(run: Run, call: LetGo, first: number, end: number): void {
  notice(run, first, end);
  if (mappingEnd(run, first, end) < end && run.docket.holds(R.event.split)) run.lose(R.event.split);
  if (dropMapping(run, call, first, end)) letGo(run, call, end);
}

/** Lets a call go on whose event was kept until the step after it. */
export function finishHeld(run: Run): void {
  const { held } = run;
  run.held = undefined;
  run.mayHold = false;
  held?.resume();
  run.events = inDriversOrder(run.events);
}
