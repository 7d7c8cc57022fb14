/** What is certain not to be cached of guest translations any more. */
import type { Run } from './run.js';
import type { RegionState } from './state.js';

/** KVM is told that the host's mapping of these pages changed: what it cached of them is gone. */
export function dropCached(run: Run, region: RegionState, page: number, pages: number): void {
  const { machine } = run;
  if (region.name === 'pt') {
    for (let at = page; at < page + pages; at++) machine.tableChangedAt.set(at, machine.tick);
    return;
  }
  for (let at = page; at < Math.min(page + pages, region.pages); at++) {
    const key = `${region.name}:${at}`;
    const cached = machine.cached.get(key);
    machine.cached.set(key, { cleanAt: machine.tick, changedAt: cached?.changedAt ?? -1, openBits: false });
  }
}

/** KVM dropped every translation that it had cached. */
export function dropAllCached(run: Run): void {
  run.machine.allCleanAt = run.machine.tick;
  for (const cached of run.machine.cached.values()) cached.openBits = false;
}
