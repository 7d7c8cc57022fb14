/** What the dirty log or the dirty ring of a slot must and may show. */
import { R, type BookRule } from './rules/index.js';
import type { MarkUpdate, Run, Who } from './run.js';
import type { PageDirt, RegionState } from './state.js';

/** The slot records dirty pages now. */
export function isLogged(region: RegionState): boolean {
  return region.slot.exists && region.slot.flags.log;
}

export function dirtOf(region: RegionState, page: number): PageDirt {
  let dirt = region.slot.dirt.get(page);
  if (dirt === undefined) {
    dirt = { state: 'no', rule: R.untouchedClean.id, open: 'no', harvested: false };
    region.slot.dirt.set(page, dirt);
  }
  return dirt;
}

/** Ring tracking: each emulated write pushes an entry; a page that the processor writes pushes once until it is reset. */
function markRing(run: Run, dirt: PageDirt, rule: BookRule, certain: boolean, vcpu: 0 | 1): boolean {
  if (dirt.open === 'never') return false;
  // Only emulated code of x86_64 does not run natively.
  if (certain && !run.native && dirt.open !== 'no' && !run.docket.holds(R.ringEmulatedPush)) return false;
  const ring = run.machine.ring[vcpu];
  ring.most += 1;
  const pushes = certain && (dirt.open === 'no' || !run.native);
  if (pushes) {
    if (!run.docket.holds(R.ringPushes)) return false;
    ring.least += 1;
    dirt.state = 'must';
    dirt.rule = R.ringPushes.id;
  } else if (dirt.state === 'no') {
    dirt.state = certain && !run.docket.holds(R.ringSilent) ? 'must' : 'may';
    dirt.rule = certain ? R.ringSilent.id : rule.id;
  }
  if (certain) dirt.open = 'yes';
  else if (dirt.open === 'no') dirt.open = 'may';
  return pushes;
}

/** Marks a page of a slot, certainly or possibly. The rule is the one that a report would name. */
export function markDirty(
  run: Run,
  region: RegionState,
  page: number,
  rule: BookRule,
  certain: boolean,
  who: Who,
): void {
  if (!isLogged(region) || who === 'host') return;
  if (region.slot.flags.readonly) return;
  if (!run.docket.holds(rule)) return;
  const dirt = dirtOf(region, page);
  const before = dirt.state;
  let pushedBy: 0 | 1 | undefined;
  if (run.machine.config.dirtyTracking === 'ring') {
    if (markRing(run, dirt, rule, certain, who)) pushedBy = who;
  } else if (certain) {
    dirt.state = 'must';
    dirt.rule = rule.id;
  } else if (dirt.state === 'no') {
    dirt.state = 'may';
    dirt.rule = rule.id;
  }
  if (pushedBy !== undefined || (dirt.state === 'must' && before !== 'must')) {
    run.pending.push({ kind: 'mark', region: region.name, page, before, pushedBy });
  }
}

/** The rule that keeps this page out of the log is taken not to hold. */
export function markFalsely(region: RegionState, page: number, rule: BookRule): void {
  if (!isLogged(region)) return;
  const dirt = dirtOf(region, page);
  dirt.state = 'must';
  dirt.rule = rule.id;
}

/** A mark of an instruction that did not complete is possible, not certain. */
export function relaxMark(run: Run, update: MarkUpdate): void {
  const may = run.docket.holds(R.incompleteMayMark);
  const dirt = run.machine.region(update.region).slot.dirt.get(update.page);
  if (update.pushedBy !== undefined) run.machine.ring[update.pushedBy].least -= 1;
  if (dirt?.state !== 'must' || update.before === 'must') return;
  dirt.state = may ? 'may' : update.before;
  dirt.rule = R.incompleteMayMark.id;
  dirt.open = 'may';
}
