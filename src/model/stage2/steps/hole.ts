import type { Hole } from '../../../scenario/stage2/steps.js';
import { dropCached } from '../cached.js';
import { R } from '../rules/index.js';
import { loseTrack, type Run } from '../run.js';
import { contentOf, unitOf } from '../state.js';
import { result, unitSpan, unitsIn } from './common.js';

/** Interprets a `hole` step. */
export function stepHole(run: Run, step: Hole): void {
  const region = run.machine.region(step.region);
  result(run, R.holeWorks, 0);
  for (const page of unitsIn(region, step.page, step.pages)) {
    const unit = unitOf(region, page);
    dropCached(run, region, page, unitSpan(region, page));
    if (step.how === 'free' && unit.poisoned) {
      // MADV_FREE drops markers at once.
      unit.poisoned = false;
      unit.presence = 'hole';
      continue;
    }
    if (step.how === 'free') {
      if (unit.presence !== 'mapped') continue;
      if (run.docket.holds(R.holeFreeEither)) contentOf(region, page).mayTurnZero();
      else contentOf(region, page).refill('zero');
      continue;
    }
    if (unit.poisoned && region.shared) {
      // Whether the marker of a poisoned page in shared memory goes with the mapping is not documented.
      loseTrack(run, R.lost);
      return;
    }
    unit.poisoned = false;
    const keeps = region.shared && step.how === 'dontneed';
    if (keeps && unit.presence !== 'hole' && run.docket.holds(R.holeSharedKeeps)) unit.presence = 'cached';
    else unit.presence = 'hole';
    if (unit.wp !== 'no') unit.wp = region.shared || region.huge ? 'maybe' : 'no';
  }
}
