import { zeroes, type Content } from './content.js';
import type { BookRule } from './rules/index.js';
import { R, type Page, type Run } from './state.js';

const WRITE = 1;
const WP = 2;
const MINOR = 4;

/** si_code of a SIGBUS. */
const BUS_ADRERR = 2;
const BUS_MCEERR_AR = 4;

/** si_code of a SIGBUS for a poisoned page. */
export function poisonCode({ profile, docket }: Run): number {
  return profile.memoryErrors === docket.holds(R.fault.memoryError) ? BUS_MCEERR_AR : BUS_ADRERR;
}

/** How an access ends. `flags` are those of the message that it waits for. */
export type Fault =
  | { readonly kind: 'done'; readonly rule: BookRule }
  | { readonly kind: 'sigbus'; readonly rule: BookRule; readonly code: number }
  | { readonly kind: 'message'; readonly rule: BookRule; readonly flags: number };

/** Who touches a page: a thread, or the kernel for it. */
export type Toucher = 'user' | 'kernel';

/** An access that somebody has to answer. */
function ask(run: Run, by: Toucher, rule: BookRule, flags: number): Fault {
  if (run.asked('sigbus') && run.docket.holds(R.fault.sigbus)) {
    return { kind: 'sigbus', rule: R.fault.sigbus, code: BUS_ADRERR };
  }
  const isUserOnly = run.config.open === 'user_mode_only' && by === 'kernel';
  if (isUserOnly && run.docket.holds(R.kernel.userModeOnly)) {
    return { kind: 'sigbus', rule: R.kernel.userModeOnly, code: BUS_ADRERR };
  }
  return { kind: 'message', rule, flags };
}

/** Brings a page without an entry, or says who has to. */
function populate(run: Run, number: number, page: Page, write: boolean, by: Toucher): Fault | undefined {
  const flags = write && run.docket.holds(R.fault.missingWrite) ? WRITE : 0;
  if (!write) mapAround(run, number);
  if (page.pte === 'page') return undefined;
  if (page.cache !== undefined && page.forMinor && run.docket.holds(R.fault.minor)) {
    return ask(run, by, R.fault.minor, flags | MINOR);
  }
  if (page.cache === undefined && page.missing && run.docket.holds(R.fault.missing)) {
    return ask(run, by, R.fault.missing, flags);
  }
  install(run, page, write);
  return undefined;
}

function install(run: Run, page: Page, write: boolean): void {
  const marked = page.pte === 'marker' && page.forWp && run.docket.holds(R.wp.markKeeps);
  if (run.memory.file && (page.cache !== undefined || run.memory.shared || !run.memory.hugetlb))
    page.cache ??= zeroes();
  page.own = undefined;
  if (page.cache === undefined) {
    page.pte = write || run.memory.hugetlb ? 'page' : 'zero';
    if (page.pte === 'page') page.own = zeroes();
  } else {
    page.pte = 'page';
    if (write && !run.memory.shared) page.own = page.cache.copy();
  }
  page.wp = marked;
}

/** Pages next to each other that are registered alike are one mapping. */
function sameMapping(run: Run, from: number, to: number): boolean {
  const { modes } = run.page(from);
  const first = Math.min(from, to);
  for (let i = first; i <= Math.max(from, to); i++) {
    if (run.page(i).modes !== modes) return false;
    if (i > first && run.forkSeams.has(i) && run.docket.holds(R.fork.seams)) return false;
  }
  return true;
}

/** The pages that a read fault on one page maps, too. */
function pagesAround(run: Run, number: number): Page[] {
  const { forWp, forMinor } = run.page(number);
  if (!run.memory.file || run.memory.hugetlb || forWp || forMinor) return [];
  return run.pages.filter(
    ({ pte, cache, own, unsure }, i) =>
      (pte === 'none' || (unsure && own === undefined)) && cache !== undefined && sameMapping(run, number, i),
  );
}

/** What becomes of the pages around it depends on whether a read of this page or a write comes first. */
export function mapsOthers(run: Run, number: number): boolean {
  const page = run.page(number);
  return !page.mapped && pagesAround(run, number).some((other) => other !== page);
}

/** An access fills the page cache before it maps the page, and whoever looks between has to ask for what is there. */
export function fillsForOthers(run: Run, number: number): boolean {
  const { mapped, cache, missing, forMinor } = run.page(number);
  return !mapped && cache === undefined && forMinor && !missing;
}

function mapAround(run: Run, number: number): void {
  for (const other of pagesAround(run, number)) {
    if (!run.docket.holds(R.fault.around)) continue;
    other.pte = 'page';
    other.own = undefined;
    other.wp = false;
    other.unsure = false;
    if (other.cacheUnsure && run.docket.holds(R.advise.pageoutOpen)) run.lose(R.advise.pageoutOpen);
  }
}

/** An access to a page that may have been taken out; afterwards it is there. */
function bringBack(run: Run, number: number, page: Page): void {
  const around = pagesAround(run, number).some(({ pte }) => pte === 'none');
  const asks = page.forMinor || around || (page.cacheUnsure && page.missing);
  if (page.own === undefined && asks && run.docket.holds(R.advise.pageoutOpen)) run.lose(R.advise.pageoutOpen);
  page.unsure = false;
  page.cacheUnsure = false;
}

/** The page of a private mapping that a write goes to. */
function writable(run: Run, { own, cache }: Page): Content | undefined {
  return own?.inCommon === true && run.docket.holds(R.fork.priv) ? own.copy() : (own ?? cache?.copy());
}

/** A write to what is mapped; undefined when it can go on. */
function protectedWrite(run: Run, page: Page, by: Toucher): Fault | undefined {
  if (page.wp && page.forWp) {
    if (run.asked('wp_async') && run.docket.holds(R.fault.async)) page.wp = false;
    else if (run.docket.holds(R.fault.wp)) return ask(run, by, R.fault.wp, WRITE | WP);
  }
  if (page.pte === 'zero') page.own = zeroes();
  else if (!run.memory.shared) page.own = writable(run, page);
  page.pte = 'page';
  return undefined;
}

/** What an access to a page meets, and what it makes of the page. */
export function access(run: Run, number: number, write: boolean, by: Toucher): Fault {
  const page = run.page(number);
  if (page.pte === 'poison' && run.docket.holds(R.fault.poisoned)) {
    return { kind: 'sigbus', rule: R.fault.poisoned, code: poisonCode(run) };
  }
  if (page.unsure || page.cacheUnsure) bringBack(run, number, page);
  if (!page.mapped) {
    const fault = populate(run, number, page, write, by);
    if (fault !== undefined) return fault;
  }
  const fault = write ? protectedWrite(run, page, by) : undefined;
  if (fault !== undefined) return fault;
  run.docket.holds(R.fault.plain);
  return { kind: 'done', rule: R.fault.plain };
}
