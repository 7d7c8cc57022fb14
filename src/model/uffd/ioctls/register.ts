import { IOCTLS, type IoctlName } from '../../../scenario/uffd/ioctls.js';
import type { UffdIoctl } from '../../../scenario/uffd.js';
import { EBUSY, EINVAL } from '../errno.js';
import { R, UNTOUCHED, type Page, type Run } from '../state.js';
import { wake } from '../threads.js';
import { addressesOf, mode, refused, spanOf, type Span } from './range.js';

const { missing: MISSING, wp: WP, minor: MINOR } = IOCTLS.register.modes;
/** Bits of the mask that this model knows; newer kernels have more. */
const KNOWN = (1n << 9n) - 1n;

function ioctlMask(run: Run, modes: number): bigint {
  const { features } = run.profile;
  const { hugetlb } = run.memory;
  const names: IoctlName[] = ['wake', 'copy'];
  if (!hugetlb) names.push('zeropage');
  if (features.move && !hugetlb) names.push('move');
  if (features.poison) names.push('poison');
  if ((modes & WP) !== 0) names.push('writeprotect');
  if ((modes & MINOR) !== 0) names.push('continue');
  return names.reduce((mask, name) => mask | (1n << BigInt(IOCTLS[name].number)), 0n);
}

/** Whether registering leaves a page as it is, because it has all of these modes. */
function keepsModes(run: Run, page: Page, modes: number): boolean {
  const hasAll = page.modes !== 0 && (page.modes & modes) === modes;
  return hasAll && run.docket.holds(R.range.registerReplaces);
}

/** A mapping is split where a range begins or ends whose registration changes. */
function split(run: Run, { first, end }: Span, changes: (page: Page) => boolean): void {
  if (!run.memory.hugetlb) return;
  if (changes(run.page(first))) run.seams.add(first);
  if (changes(run.page(end - 1))) run.seams.add(end);
}

/** Gives a page its modes. */
function setModes(run: Run, page: Page, modes: number): void {
  if (keepsModes(run, page, modes)) return;
  if (page.wp && page.forWp && (modes & WP) === 0 && run.docket.holds(R.range.droppedWp)) run.lose(R.range.droppedWp);
  page.modes = modes;
}

/** Whether a range of hugetlb begins or ends within a huge page; it may end where nothing is mapped. */
function isWithinHuge({ range }: UffdIoctl, { beyond }: Span): boolean {
  return range.flaw === 'small_start' || (range.flaw === 'small_length' && !beyond);
}

/** Whether a mapping before the last one of a range would lose the WP mode, which comes before anything about that one. */
function dropsBefore(run: Run, modes: number, span: Span): boolean {
  if (run.profile.dropsWp || (modes & WP) !== 0) return false;
  const last = span.end - 1;
  let first = last;
  while (first > 0 && !run.seams.has(first) && run.page(first - 1).modes === run.page(last).modes) first--;
  return run.pages.slice(span.first, first).some((page) => page.forWp);
}

export function register(run: Run, step: UffdIoctl): void {
  const modes = mode(step);
  if (modes === 0 && run.docket.holds(R.range.registerNoMode)) {
    run.result(R.range.registerNoMode, EINVAL, UNTOUCHED);
    return;
  }
  if (refused(run, step)) return;
  const span = spanOf(run, step);
  if (nothingMapped(run, span)) return;
  if ((modes & MINOR) !== 0 && !run.memory.file && run.docket.holds(R.range.registerMinor)) {
    run.result(R.range.registerMinor, EINVAL, UNTOUCHED);
    return;
  }
  const pages = run.pages.slice(span.first, span.end);
  const drops = (modes & WP) === 0 && pages.some((page) => page.forWp);
  if (isWithinHuge(step, span) && !dropsBefore(run, modes, span) && run.docket.holds(R.argument.huge)) {
    run.result(R.argument.huge, EINVAL, UNTOUCHED);
    return;
  }
  if (drops && !run.profile.dropsWp && run.docket.holds(R.range.registerKeepsWp)) {
    run.result(R.range.registerKeepsWp, EBUSY, UNTOUCHED);
    return;
  }
  if (!run.docket.holds(R.range.registerWorks)) {
    run.result(R.range.registerWorks, EINVAL, UNTOUCHED);
    return;
  }
  split(run, span, (page) => !keepsModes(run, page, modes));
  for (const page of pages) setModes(run, page, modes);
  const value = run.docket.holds(R.range.registerIoctls) ? ioctlMask(run, modes) : 0n;
  run.events.push({
    kind: 'result',
    rule: R.range.registerWorks.id,
    errno: 0,
    value,
    known: KNOWN,
    ioctls: 0n,
    valueRule: R.range.registerIoctls.id,
  });
}

/** @returns whether the call is over. */
function nothingMapped(run: Run, span: Span): boolean {
  if (span.first === span.end && run.docket.holds(R.range.nothing)) {
    run.result(R.range.nothing, EINVAL, UNTOUCHED);
    return true;
  }
  if (span.beyond && !run.docket.holds(R.range.holes)) {
    run.result(R.range.holes, EINVAL, UNTOUCHED);
    return true;
  }
  return false;
}

/** Takes the protection of a page, or the mark of it, away. */
export function unprotect(page: Page): void {
  page.wp = false;
  if (page.pte === 'marker') page.pte = 'none';
}

export function unregister(run: Run, step: UffdIoctl): void {
  if (refused(run, step, 0)) return;
  const span = spanOf(run, step);
  if (span.first === span.end && run.docket.holds(R.range.nothing)) {
    run.result(R.range.nothing, EINVAL, 0);
    return;
  }
  if (span.beyond && !run.docket.holds(R.range.holes)) {
    run.result(R.range.holes, EINVAL, 0);
    return;
  }
  if (step.range.flaw === 'small_start' && run.docket.holds(R.argument.huge)) {
    run.result(R.argument.huge, EINVAL, 0);
    return;
  }
  const works = run.docket.holds(R.range.unregisterWorks);
  run.result(R.range.unregisterWorks, 0, 0);
  split(run, span, (page) => page.modes !== 0);
  const woken: number[] = [];
  for (let i = span.first; i < span.end; i++) {
    const page = run.page(i);
    if (page.modes !== 0 && wakesAt(run, page)) woken.push(i);
    if (page.forWp && run.docket.holds(R.range.unregisterUnprotects)) unprotect(page);
    if (works) page.modes = 0;
  }
  wakePages(run, woken);
}

/** Whether unregistering a page wakes who waits for it. */
function wakesAt(run: Run, page: Page): boolean {
  if ((page.modes & MISSING) !== 0) return run.docket.holds(R.range.unregisterWakes);
  return run.profile.unregisterWakesAll || !run.docket.holds(R.range.unregisterWakesWp);
}

/** Wakes who waits for one of these pages, all at the same time. */
function wakePages(run: Run, pages: readonly number[]): void {
  const first = pages[0];
  const last = pages[pages.length - 1];
  if (first === undefined || last === undefined) return;
  wake(run, first * run.pageBytes, (last + 1 - first) * run.pageBytes, (page) => pages.includes(page));
}

export function wakeRange(run: Run, step: UffdIoctl): void {
  if (refused(run, step, 0)) return;
  run.result(R.range.wakeWorks, 0, 0);
  if (!run.docket.holds(R.range.wakeWorks)) return;
  const { start, bytes } = addressesOf(run, step);
  wake(run, start, bytes);
}
