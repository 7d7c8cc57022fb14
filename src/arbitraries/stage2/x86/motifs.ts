import { MAX_REP_COUNT } from '../../../scenario/stage2/layout.js';
import type { Access } from '../../../scenario/stage2.js';
import { accessOf } from '../access.js';
import { bag } from '../dice.js';
import { pagesOf, pickDataRegion, slotOf, type Draft, type Motif } from '../draft.js';
import * as shared from '../motifs.js';

/** Writes so much that a dirty ring fills, and goes on after it was emptied. */
function ringFloodMotif(draft: Draft): void {
  const { dice, steps, config, tables } = draft;
  const region = pickDataRegion(draft);
  if (config.dirtyTracking !== 'ring' || !tables.ringFillsFast[config.privilege]) {
    shared.accessMotif(draft);
    return;
  }
  if (!slotOf(config, region).flags.log) steps.push({ kind: 'memslot', region, action: 'log', on: true });
  const pages = pagesOf(config, region);
  const store = accessOf(draft, 'rep_stos', region, 0);
  const flood: Access = { ...store, offset: 0, count: MAX_REP_COUNT, sweep: pages };
  const sweeps = Math.min(Math.ceil(16 / pages), 8);
  for (let i = 0; i < sweeps; i++) steps.push(flood);
  if (dice.percent(70)) steps.push({ kind: 'dirtyLog', action: 'harvest' });
  if (dice.percent(70)) steps.push({ kind: 'dirtyLog', action: 'reset' });
  shared.touch(draft, region, 0);
}

/** Groups of steps for x86, as often as they are wanted. */
export const X86_MOTIFS = bag<Motif>(
  [shared.accessMotif, 300],
  [shared.holeMotif, 120],
  [shared.dirtyMotif, 110],
  [shared.pteMotif, 90],
  [shared.memslotMotif, 75],
  [shared.hostMotif, 60],
  [shared.uffdMotif, 55],
  [shared.raceMotif, 60],
  [shared.tableHoleMotif, 15],
  [shared.poisonMotif, 5],
  [shared.forkMotif, 3],
  [ringFloodMotif, 2],
);
