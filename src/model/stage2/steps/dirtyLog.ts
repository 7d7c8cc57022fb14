import type { DirtyLog, SlotRegion } from '../../../scenario/stage2/steps.js';
import type { DirtyPages } from '../../expectation.js';
import { dirtOf } from '../dirt.js';
import { R } from '../rules/index.js';
import type { Run } from '../run.js';
import type { RegionState } from '../state.js';
import { ENOENT, result } from './common.js';

const WORD_PAGES = 64;

/** What a report of one slot's dirty pages must and may contain. */
function dirtyPages(run: Run, region: RegionState): DirtyPages {
  const must = new Map<number, string>();
  const may = new Map<number, string>();
  if (region.slot.allDirty) allDirty(region, must, run.docket.holds(R.initiallySet) ? R.initiallySet.id : undefined);
  for (const [page, dirt] of region.slot.dirt) {
    if (dirt.state === 'must') must.set(page, dirt.rule);
    else if (dirt.state === 'may' && !must.has(page)) may.set(page, dirt.rule);
  }
  if (!run.docket.holds(R.untouchedClean)) allDirty(region, must, R.untouchedClean.id);
  return { must, may, elseRule: region.slot.flags.readonly ? R.readonlyClean.id : R.untouchedClean.id };
}

/** Every page of the slot is dirty, if there is a rule for it. */
function allDirty(region: RegionState, must: Map<number, string>, rule: string | undefined): void {
  if (rule === undefined) return;
  for (let page = 0; page < region.slotPages; page++) must.set(page, must.get(page) ?? rule);
}

function getLog(run: Run, name: SlotRegion): void {
  const region = run.machine.region(name);
  if (!region.slot.exists || !region.slot.flags.log) {
    result(run, R.unloggedRefused, ENOENT);
    return;
  }
  result(run, R.ioctlSucceeds, 0);
  run.events.push({ kind: 'dirty', region: name, pages: dirtyPages(run, region) });
  const manual = run.machine.config.dirtyTracking !== 'bitmap';
  if (manual ? !run.docket.holds(R.manualKeeps) : run.docket.holds(R.getResets)) region.slot.dirt.clear();
}

function clearLog(run: Run, name: SlotRegion, page: number, pages: number): void {
  const region = run.machine.region(name);
  if (!region.slot.exists || !region.slot.flags.log) {
    result(run, R.unloggedRefused, ENOENT);
    return;
  }
  result(run, R.ioctlSucceeds, 0);
  if (!run.docket.holds(R.clearResets)) return;
  const first = Math.floor(page / WORD_PAGES) * WORD_PAGES;
  const last = Math.min(Math.ceil((page + pages) / WORD_PAGES) * WORD_PAGES, region.slotPages);
  if (region.slot.allDirty) {
    // From "all but" to "only": list what stays dirty.
    for (let at = 0; at < region.slotPages; at++) {
      const dirt = dirtOf(region, at);
      dirt.state = 'must';
      dirt.rule = R.initiallySet.id;
    }
    region.slot.allDirty = false;
  }
  for (let at = first; at < last; at++) region.slot.dirt.delete(at);
}

const REGIONS = ['pt', 'data', 'data2'] as const;

function harvest(run: Run): void {
  const regions: Partial<Record<SlotRegion, DirtyPages>> = {};
  for (const name of REGIONS) {
    const region = run.machine.regions[name];
    if (region === undefined) continue;
    regions[name] = dirtyPages(run, region);
    for (const dirt of region.slot.dirt.values()) {
      if (dirt.state !== 'no') dirt.harvested = true;
      dirt.state = 'no';
    }
  }
  run.events.push({ kind: 'ring', regions });
  result(run, R.ioctlSucceeds, 0);
  run.machine.collectRings();
}

function resetRings(run: Run): void {
  result(run, R.ioctlSucceeds, 0);
  for (const name of REGIONS) {
    const region = run.machine.regions[name];
    for (const dirt of region?.slot.dirt.values() ?? []) {
      if (dirt.harvested) dirt.open = run.docket.holds(R.ringRearms) ? 'no' : 'never';
      dirt.harvested = false;
    }
  }
  run.machine.resetRings();
}

/** Interprets a `dirtyLog` step. */
export function stepDirtyLog(run: Run, step: DirtyLog): void {
  switch (step.action) {
    case 'get':
      getLog(run, step.region);
      return;
    case 'clear':
      clearLog(run, step.region, step.page, step.pages);
      return;
    case 'harvest':
      harvest(run);
      return;
    case 'reset':
      resetRings(run);
      return;
  }
}
