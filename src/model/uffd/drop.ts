/** What advice that lets pages go makes of one page. */
import { heirOf } from './fork.js';
import { R, type Page, type Run } from './state.js';

/** Unmaps a page; of one that was write-protected a mark may stay. */
function unmap(run: Run, page: Page): void {
  const { wp } = page;
  page.clear();
  if (!wp || run.docket.holds(R.advise.dontneedWp) !== run.memory.file) return;
  page.pte = 'marker';
  page.wp = true;
}

/** MADV_DONTNEED. */
export function drop(run: Run, page: Page): void {
  if (run.docket.holds(R.advise.dontneed)) unmap(run, page);
}

/** MADV_REMOVE, which takes the page from whoever maps it. */
export function remove(run: Run, page: Page): void {
  if (!run.docket.holds(R.advise.remove)) return;
  page.cache = undefined;
  unmapRemoved(run, page);
  const heir = heirOf(run, page);
  if (heir !== undefined) unmapRemoved(run, heir);
}

function unmapRemoved(run: Run, page: Page): void {
  page.cacheUnsure = false;
  const stays = page.pte === 'poison' && run.docket.holds(R.advise.removePoison) !== run.memory.hugetlb;
  if (!stays) unmap(run, page);
}

/** MADV_FREE. */
export function free(run: Run, page: Page): void {
  if (page.pte === 'poison' && run.docket.holds(R.advise.freePoison)) page.clear();
  if (page.pte !== 'page') return;
  if (page.unsure) run.lose(R.advise.pageoutOpen);
  if (run.docket.holds(R.advise.free)) page.lazy = true;
  else page.clear();
}

/** MADV_PAGEOUT. */
export function pageOut(run: Run, page: Page): void {
  if (page.pte !== 'page') return;
  if (page.lazy && run.docket.holds(R.advise.pageoutOpen)) run.lose(R.advise.pageoutOpen);
  if (!run.docket.holds(R.advise.pageout)) return;
  page.unsure = true;
  // A page of zeroes that nobody wrote needs no room elsewhere: it may leave the page cache.
  page.cacheUnsure ||= page.own === undefined && page.cache?.isZero === true;
  const heir = heirOf(run, page);
  if (heir !== undefined) heir.cacheUnsure ||= page.cacheUnsure;
}
