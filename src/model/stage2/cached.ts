/** What may have been cached of the guest's translations, and when it was dropped. What that means is the architecture's business. */
import type { AccessRegion } from '../../scenario/stage2/steps.js';
import { REGION_NUMBER } from './regions.js';
import type { Run } from './run.js';
import type { CachedPage, RegionState } from './state.js';

/** Nothing happened to the page yet. */
const never = (): CachedPage => ({ droppedAt: -1, flushedAt: -1, editedAt: -1, bitsClearedAt: -1, grantedAt: -1 });
const NEVER: Readonly<CachedPage> = never();

/** More than any region's pages, with the one behind that an operand may reach into. */
const STRIDE = 1024;

function keyOf(region: AccessRegion, page: number): number {
  return REGION_NUMBER[region] * STRIDE + page;
}

/** What is known of one page's translations, to be changed. */
function cachedOf(run: Run, region: AccessRegion, page: number): CachedPage {
  const key = keyOf(region, page);
  let cached = run.machine.cached.get(key);
  if (cached === undefined) {
    cached = never();
    run.machine.cached.set(key, cached);
  }
  return cached;
}

/** The same, to be read. */
export function cachedPage(run: Run, region: AccessRegion, page: number): Readonly<CachedPage> {
  return run.machine.cached.get(keyOf(region, page)) ?? NEVER;
}

/** KVM is told that the host's mapping of these pages changed: of data its translations are gone, of page tables they may be stale. */
export function dropCached(run: Run, region: RegionState, page: number, pages: number): void {
  const { machine } = run;
  for (let at = page; at < Math.min(page + pages, region.pages); at++) {
    if (region.name === 'pt') machine.hostChangedAt.set(at, machine.tick);
    else cachedOf(run, region.name, at).droppedAt = machine.tick;
  }
}

/** KVM dropped every translation that it had cached. */
export function dropAllCached(run: Run): void {
  run.machine.allDroppedAt = run.machine.tick;
}

/** The guest flushed one page, or everything. */
export function flushCached(run: Run, region: AccessRegion, page: number, all: boolean): void {
  if (all) run.machine.allFlushedAt = run.machine.tick;
  else cachedOf(run, region, page).flushedAt = run.machine.tick;
}

/** The leaf of a page was edited: its rights taken or granted, or only bits that the processor sets. */
export function noteLeafEdit(run: Run, region: AccessRegion, page: number, edit: 'rights' | 'grants' | 'bits'): void {
  const cached = cachedOf(run, region, page);
  if (edit === 'rights') cached.editedAt = run.machine.tick;
  else if (edit === 'grants') cached.grantedAt = run.machine.tick;
  else cached.bitsClearedAt = run.machine.tick;
}
