/** What each of the filling calls does to a page. */
import { FILL_TAGS } from '../../../scenario/uffd/layout.js';
import type { UffdIoctl } from '../../../scenario/uffd.js';
import { Content, zeroes } from '../content.js';
import { EEXIST, EFAULT, EINVAL } from '../errno.js';
import { R, type BookRule } from '../rules/index.js';
import type { Page, Run } from '../state.js';
import { type Filling, type Obstacle, wpNeedsWp } from './fill.js';

const exists = (rule: BookRule): Obstacle => ({ rule, errno: EEXIST });

/** A page that is mapped, or of shared memory that is in the page cache, is there. */
function isThere(run: Run, page: Page): boolean {
  return page.mapped || (run.memory.shared && page.cache !== undefined);
}

function isMarked(page: Page): boolean {
  return page.pte === 'marker' || page.pte === 'poison';
}

/** Puts a new page in place. */
function place(run: Run, page: Page, content: Content, step: UffdIoctl): void {
  page.pte = 'page';
  page.wp = step.mode.includes('wp') && run.docket.holds(R.fill.copyWp);
  if (run.memory.shared) page.cache = content;
  else page.own = content;
}

/** The `nth` page of a copy's source cannot be read. */
function isUnreadable({ sourceFlaw }: UffdIoctl, nth: number): boolean {
  return sourceFlaw === 'unmapped' || (sourceFlaw === 'ends' && nth > 0);
}

/** What keeps a page from being copied. */
function copyObstacle(run: Run, page: Page, step: UffdIoctl, nth: number): Obstacle | undefined {
  const there = isThere(run, page) && run.docket.holds(R.fill.copyExists) ? exists(R.fill.copyExists) : undefined;
  if (!isUnreadable(step, nth) || !run.docket.holds(R.argument.copyUnmapped)) return there;
  const unreadable = { rule: R.argument.copyUnmapped, errno: EFAULT };
  if (there === undefined) return unreadable;
  return run.docket.holds(R.argument.copySourceFirst) === run.memory.hugetlb ? there : unreadable;
}

export const copy: Filling = {
  works: R.fill.copyContent,
  mapping(run, page, step) {
    if (step.sourceFlaw === 'unaligned' && !run.docket.holds(R.argument.copyUnaligned))
      return { rule: R.argument.copyUnaligned, errno: EINVAL };
    return wpNeedsWp(run, page, step);
  },
  fill(run, page, step, nth) {
    const obstacle = copyObstacle(run, page, step, nth);
    if (obstacle !== undefined) return obstacle;
    if (isMarked(page) && !run.docket.holds(R.fill.copyMarker)) return exists(R.fill.copyMarker);
    const content = new Content({ tag: FILL_TAGS[step.source] ?? 'a', page: nth });
    place(run, page, run.docket.holds(R.fill.copyContent) ? content : zeroes(), step);
    return undefined;
  },
};

export const zeropage: Filling = {
  works: R.fill.zeroContent,
  mapping(run) {
    if (!run.memory.hugetlb || !run.docket.holds(R.fill.zeroHugetlb)) return undefined;
    return { rule: R.fill.zeroHugetlb, errno: EINVAL };
  },
  fill(run, page, step) {
    if (isThere(run, page) && run.docket.holds(R.fill.zeroExists)) return exists(R.fill.zeroExists);
    const { shared } = run.memory;
    if (isMarked(page) && run.docket.holds(R.fill.zeroMarker) !== shared) return exists(R.fill.zeroMarker);
    const zeroed = run.docket.holds(R.fill.zeroContent);
    if (shared || !zeroed) place(run, page, zeroed ? zeroes() : new Content({ tag: 'a', page: 0 }), step);
    else {
      page.clear();
      page.pte = 'zero';
    }
    return undefined;
  },
};

export const proceed: Filling = {
  works: R.fill.continueContent,
  mapping(run, page, step) {
    const unfit = wpNeedsWp(run, page, step);
    if (unfit !== undefined) return unfit;
    if (run.memory.file || !run.docket.holds(R.fill.continueAnon)) return undefined;
    return { rule: R.fill.continueAnon, errno: EINVAL };
  },
  fill(run, page, step) {
    if (page.cache === undefined) {
      if (run.docket.holds(R.fill.continueNothing)) return { rule: R.fill.continueNothing, errno: EFAULT };
      page.cache = zeroes();
    }
    if (page.mapped && run.docket.holds(R.fill.continueExists)) return exists(R.fill.continueExists);
    if (!run.docket.holds(R.fill.continueContent)) page.cache = zeroes();
    page.pte = 'page';
    page.own = undefined;
    page.wp = step.mode.includes('wp') && run.docket.holds(R.fill.copyWp);
    return undefined;
  },
};

export const poison: Filling = {
  works: R.fill.poisonWorks,
  mapping: () => undefined,
  fill(run, page) {
    const there = page.mapped || isMarked(page);
    if (there && run.docket.holds(R.fill.poisonExists)) return exists(R.fill.poisonExists);
    page.clear();
    if (run.docket.holds(R.fill.poisonWorks)) page.pte = 'poison';
    return undefined;
  },
};
