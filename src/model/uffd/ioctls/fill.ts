import type { UffdIoctl } from '../../../scenario/uffd.js';
import { EAGAIN, EINVAL, ENOENT } from '../errno.js';
import { R, type BookRule } from '../rules/index.js';
import type { Page, Run } from '../state.js';
import { wake } from '../threads.js';
import { isHugeFlaw, refused, spanOf } from './range.js';

/** Why a page cannot be filled. */
export interface Obstacle {
  readonly rule: BookRule;
  readonly errno: number;
}

/** What one of the filling calls does, beside what they have in common. */
export interface Filling {
  /** What the mapping refuses as a whole. */
  readonly mapping: (run: Run, page: Page, step: UffdIoctl) => Obstacle | undefined;
  /** Fills one page, the `nth` of the call. */
  readonly fill: (run: Run, page: Page, step: UffdIoctl, nth: number) => Obstacle | undefined;
  /** The rule that says that it works. */
  readonly works: BookRule;
}

/** The range lies inside one mapping, and that is registered. */
export function isOneMapping(run: Run, first: number, end: number): boolean {
  const modes = run.pages[first]?.modes ?? 0;
  if (modes === 0) return false;
  if (!run.pages.slice(first, end).every((page) => page.modes === modes)) return false;
  for (let page = first + 1; page < end; page++) {
    if (run.seams.has(page) && run.docket.holds(R.fill.seams)) return false;
    if (run.forkSeams.has(page) && run.docket.holds(R.fork.seams)) return false;
  }
  return true;
}

function fails(run: Run, { rule, errno }: Obstacle): void {
  run.result(rule, errno, -errno, R.fill.result);
}

/** COPY, ZEROPAGE, CONTINUE and POISON: page by page until something is in the way. */
export function fillRange(run: Run, step: UffdIoctl, filling: Filling): void {
  if (refused(run, step)) return;
  const span = spanOf(run, step);
  const inside = !span.beyond && span.first < span.end && isOneMapping(run, span.first, span.end);
  if (!inside) {
    // Without the rule the call gets by, with nothing to fill.
    if (run.docket.holds(R.fill.unregistered)) fails(run, { rule: R.fill.unregistered, errno: ENOENT });
    else run.result(R.fill.unregistered, 0, 0);
    return;
  }
  const unfit = filling.mapping(run, run.page(span.first), step);
  if (unfit !== undefined) {
    fails(run, unfit);
    return;
  }
  if (isHugeFlaw(step.range) && run.docket.holds(R.argument.huge)) {
    fails(run, { rule: R.argument.huge, errno: EINVAL });
    return;
  }
  if (run.pages.slice(span.first, span.end).some((page) => mayBeGone(run, page, step))) run.lose(R.advise.pageoutOpen);
  let done = 0;
  let obstacle: Obstacle | undefined;
  while (done < span.end - span.first && obstacle === undefined) {
    obstacle = filling.fill(run, run.page(span.first + done), step, done);
    if (obstacle === undefined) done++;
  }
  report(run, filling.works, done * run.pageBytes, done > 0 ? partial(run, obstacle) : obstacle);
  wakeFilled(run, step, span.first * run.pageBytes, done * run.pageBytes);
}

/** Whether the call fills a page that may have been taken out, and finds it empty if it was. */
function mayBeGone({ memory, docket }: Run, { unsure, cacheUnsure, own }: Page, { ioctl }: UffdIoctl): boolean {
  const cached = memory.shared && (ioctl === 'copy' || ioctl === 'zeropage');
  const open = cacheUnsure || (unsure && own === undefined && !cached);
  return open && docket.holds(R.advise.pageoutOpen);
}

function partial(run: Run, obstacle: Obstacle | undefined): Obstacle | undefined {
  if (obstacle === undefined || !run.docket.holds(R.fill.progress)) return obstacle;
  return { rule: R.fill.progress, errno: EAGAIN };
}

export function report(run: Run, works: BookRule, bytes: number, obstacle: Obstacle | undefined): void {
  const field = run.docket.holds(R.fill.result) ? (bytes > 0 ? bytes : -(obstacle?.errno ?? 0)) : 0;
  run.result(obstacle?.rule ?? works, obstacle?.errno ?? 0, field, R.fill.result);
}

export function wakeFilled(run: Run, step: UffdIoctl, start: number, bytes: number): void {
  if (bytes === 0) return;
  if (step.mode.includes('dontwake')) {
    if (run.docket.holds(R.fill.dontWake)) return;
  } else if (!run.docket.holds(R.fill.wakes)) return;
  wake(run, start, bytes);
}

/** The WP mode of a call needs a mapping that is registered for it. */
export function wpNeedsWp(run: Run, page: Page, step: UffdIoctl): Obstacle | undefined {
  if (!step.mode.includes('wp') || page.forWp || !run.docket.holds(R.fill.copyWpNeeds)) return undefined;
  return { rule: R.fill.copyWpNeeds, errno: EINVAL };
}
