/** What a full dirty ring does to the vCPU that fills it. */
import { R } from './rules/index.js';
import { loseTrack, type Run } from './run.js';

/** A full ring keeps the vCPU from running at all. True: it did so. */
export function ringIsFull(run: Run, vcpu: 0 | 1): boolean {
  const { machine, profile } = run;
  if (machine.config.dirtyTracking !== 'ring' || profile.ringSoftLimit === 0) return false;
  const ring = machine.ring[vcpu];
  if (ring.most < profile.ringSoftLimit) return false;
  if (ring.least < profile.ringSoftLimit) {
    loseTrack(run, R.lost);
    return true;
  }
  if (!run.docket.holds(R.ringFull)) return false;
  run.events.push({ kind: 'ring_full', rule: R.ringFull.id, vcpu });
  return true;
}

/** The ring has reached its limit since the instruction began: the vCPU stops before the next one. */
export function mayHaveFilledRing(run: Run, vcpu: 0 | 1): boolean {
  const { machine, profile } = run;
  if (machine.config.dirtyTracking !== 'ring' || profile.ringSoftLimit === 0) return false;
  return machine.ring[vcpu].most >= profile.ringSoftLimit && run.docket.holds(R.ringFull);
}
