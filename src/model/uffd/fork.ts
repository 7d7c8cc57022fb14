/** A process forks: what its child has, and how the child ends. */
import { ENOMEM } from './errno.js';
import { R, Page, Run } from './state.js';

/** UFFD_EVENT_FORK. */
const EVENT_FORK = 0x13;
/** Status of waitpid(2) for a process that a SIGKILL ended. */
const KILLED = 9;

/** The same page of the child that is alive. */
export function heirOf({ pages, child }: Run, page: Page): Page | undefined {
  return child?.alive === true ? child.run.pages[pages.indexOf(page)] : undefined;
}

/** What becomes of a write protection. */
function isProtected({ docket }: Run, page: Page, heir: Page): boolean {
  const kept = heir.forWp ? docket.holds(R.fork.keepsWp) : !docket.holds(R.fork.dropsWp);
  return page.wp && kept;
}

/** Copies a page's entry, and so its page, where it is private. */
function copyEntry(run: Run, page: Page, heir: Page): void {
  heir.pte = page.pte;
  heir.unsure = page.unsure;
  heir.lazy = page.lazy;
  heir.wp = (page.pte === 'marker' || page.mapped) && isProtected(run, page, heir);
  if (page.pte === 'marker' && !heir.wp) heir.pte = 'none';
  if (page.pte === 'poison' && !run.docket.holds(R.fork.poison)) heir.pte = 'none';
  if (page.own === undefined) return;
  page.own.inCommon = true;
  heir.own = page.own;
}

function inherit(run: Run, page: Page, hasDescriptor: boolean): Page {
  const heir = new Page(page.file);
  heir.cacheUnsure = page.cacheUnsure;
  const inherits = hasDescriptor ? run.docket.holds(R.fork.inherits) : !run.docket.holds(R.fork.forgets);
  heir.modes = inherits ? page.modes : 0;
  if (!run.memory.shared || heir.forWp || !run.docket.holds(R.fork.tables)) copyEntry(run, page, heir);
  return heir;
}

/** Where the child's mappings are split for good. */
function addSeams(run: Run, child: Run, hasDescriptor: boolean): void {
  for (const seam of run.seams) child.seams.add(seam);
  if (run.memory.shared && hasDescriptor) return;
  run.pages.forEach((page, number) => {
    if (number > 0 && page.modes !== run.page(number - 1).modes) child.forkSeams.add(number);
  });
}

export function stepFork(run: Run): void {
  run.result(R.fork.works, run.docket.holds(R.fork.works) ? 0 : ENOMEM, 0);
  const registered = run.pages.some(({ modes }) => modes !== 0);
  const hasDescriptor = registered && run.asked('event_fork') && run.docket.holds(R.fork.event);
  if (hasDescriptor) run.events.push({ kind: 'event', rule: R.fork.event.id, event: EVENT_FORK });
  const pages = run.pages.map((page) => inherit(run, page, hasDescriptor));
  const child = new Run(run.config, run.profile, run.docket, pages, run.log);
  addSeams(run, child, hasDescriptor);
  run.child = { run: child, hasDescriptor, alive: true };
}

export function stepExit(run: Run): void {
  const { child } = run;
  if (child?.alive !== true) throw new Error('there is no child');
  const isKilled = child.run.waiting.size > 0 && run.docket.holds(R.child.ends);
  run.events.push({ kind: 'ended', rule: R.child.ends.id, status: isKilled ? KILLED : 0 });
  child.run.waiting.clear();
  child.alive = false;
}
