import type { Memslot } from '../../../scenario/stage2/steps.js';
import { dropAllCached } from '../cached.js';
import { R, type BookRule } from '../rules/index.js';
import type { Run } from '../run.js';
import { contentOf, type RegionState } from '../state.js';
import { EINVAL, result } from './common.js';

/** A bitmap goes with its slot's logging; entries stay in a ring. */
function forgetDirt(run: Run, region: RegionState): void {
  if (run.machine.config.dirtyTracking !== 'ring') region.slot.dirt.clear();
  for (const dirt of region.slot.dirt.values()) dirt.open = 'no';
}

/** The rule by which KVM refuses a change; undefined: it does not. */
type Refusal = BookRule | undefined;

/** The content of a slot that was created again is lost, which no kernel does. */
function forgetContent(region: RegionState): void {
  for (let page = 0; page < region.pages; page++) contentOf(region, page).refill('zero');
}

/** One KVM_SET_USER_MEMORY_REGION that keeps or creates the slot. */
function setSlot(run: Run, region: RegionState, flags: RegionState['slot']['flags'], away: boolean): Refusal {
  const { slot } = region;
  const { machine } = run;
  if (slot.exists && flags.readonly !== slot.flags.readonly && run.docket.holds(R.slotReadonlyFixed))
    return R.slotReadonlyFixed;
  const started = !slot.exists || (flags.log && !slot.flags.log);
  if (!slot.exists || away !== slot.away) dropAllCached(run);
  if (started || !flags.log) {
    forgetDirt(run, region);
    slot.allDirty = flags.log && machine.config.dirtyTracking === 'bitmap_manual_init_set';
    if (flags.log && !run.docket.holds(slot.allDirty ? R.initiallySet : R.startsClean)) slot.allDirty = !slot.allDirty;
  }
  if (!slot.exists) {
    if (!run.docket.holds(R.slotCreate)) forgetContent(region);
    slot.away = away;
  } else if (away !== slot.away && run.docket.holds(R.slotMove)) slot.away = away;
  slot.exists = true;
  slot.flags = flags;
  return undefined;
}

function deleteSlot(run: Run, region: RegionState): Refusal {
  if (!region.slot.exists) return run.docket.holds(R.slotNoneToDelete) ? R.slotNoneToDelete : undefined;
  dropAllCached(run);
  forgetDirt(run, region);
  region.slot.allDirty = false;
  region.slot.exists = !run.docket.holds(R.slotDelete);
  return undefined;
}

/** Interprets a `memslot` step. */
export function stepMemslot(run: Run, step: Memslot): void {
  const region = run.machine.region(step.region);
  const { slot } = region;
  let refusal: Refusal;
  switch (step.action) {
    case 'log':
      refusal = setSlot(run, region, { ...slot.flags, log: step.on }, slot.away);
      break;
    case 'replace':
      if (slot.exists) deleteSlot(run, region);
      slot.exists = false;
      refusal = setSlot(run, region, step.flags, false);
      break;
    case 'delete':
      refusal = deleteSlot(run, region);
      break;
    case 'create':
      refusal = setSlot(run, region, step.flags, slot.away);
      break;
    case 'move':
      refusal = setSlot(run, region, slot.flags, step.to === 'away');
      break;
  }
  result(run, refusal ?? R.slotWorks, refusal === undefined ? 0 : EINVAL);
}
