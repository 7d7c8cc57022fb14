import type { Memslot } from '../../../scenario/stage2/steps.js';
import { dropAllCached } from '../cached.js';
import { R } from '../rules/index.js';
import type { Run } from '../run.js';
import type { RegionState } from '../state.js';
import { EINVAL, result } from './common.js';

/** A bitmap goes with its slot's logging; entries stay in a ring. */
function forgetDirt(run: Run, region: RegionState): void {
  if (run.machine.config.dirtyTracking !== 'ring') region.slot.dirt.clear();
  for (const dirt of region.slot.dirt.values()) dirt.open = 'no';
}

/** One KVM_SET_USER_MEMORY_REGION that keeps or creates the slot. */
function setSlot(run: Run, region: RegionState, flags: RegionState['slot']['flags'], away: boolean): number {
  const { slot } = region;
  const { machine } = run;
  if (slot.exists && flags.readonly !== slot.flags.readonly && run.docket.holds(R.slotReadonlyFixed)) return EINVAL;
  const started = !slot.exists || (flags.log && !slot.flags.log);
  if (!slot.exists || away !== slot.away) dropAllCached(run);
  if (started || !flags.log) {
    forgetDirt(run, region);
    slot.allDirty = flags.log && machine.config.dirtyTracking === 'bitmap_manual_init_set';
    if (flags.log) run.docket.holds(slot.allDirty ? R.initiallySet : R.startsClean);
  }
  if (!slot.exists) run.docket.holds(R.slotCreate);
  else if (away !== slot.away) run.docket.holds(R.slotMove);
  slot.exists = true;
  slot.flags = flags;
  slot.away = away;
  return 0;
}

function deleteSlot(run: Run, region: RegionState): number {
  if (!region.slot.exists) {
    run.docket.holds(R.slotNoneToDelete);
    return EINVAL;
  }
  dropAllCached(run);
  forgetDirt(run, region);
  region.slot.allDirty = false;
  region.slot.exists = !run.docket.holds(R.slotDelete);
  return 0;
}

/** Interprets a `memslot` step. */
export function stepMemslot(run: Run, step: Memslot): void {
  const region = run.machine.region(step.region);
  const { slot } = region;
  let errno: number;
  switch (step.action) {
    case 'log':
      errno = setSlot(run, region, { ...slot.flags, log: step.on }, slot.away);
      break;
    case 'replace':
      if (slot.exists) deleteSlot(run, region);
      slot.exists = false;
      errno = setSlot(run, region, step.flags, false);
      break;
    case 'delete':
      errno = deleteSlot(run, region);
      break;
    case 'create':
      errno = setSlot(run, region, step.flags, slot.away);
      break;
    case 'move':
      errno = setSlot(run, region, slot.flags, step.to === 'away');
      break;
  }
  result(run, R.slotWorks, errno);
}
