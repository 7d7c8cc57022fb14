/** An instruction that the processor may carry out in one of several ways. */
import type { Outcome } from '../../expectation.js';
import { joinMachines } from '../join.js';
import { R } from '../rules/index.js';
import { loseTrack } from '../run.js';
import { cloneMachine, type Machine } from '../state.js';
import type { ArmRun } from './run.js';

/** Goes each way from the same start, and goes on from what they have in common. */
export function goWays(run: ArmRun, ways: readonly (() => void)[]): readonly Outcome[] {
  const { machine: before, events } = run;
  const outcomes: Outcome[] = [];
  let joined: Machine | undefined;
  let apart = false;
  for (const go of ways) {
    run.machine = cloneMachine(before);
    run.events = [];
    go();
    outcomes.push({ events: run.events, anyUserfaults: false });
    if (joined === undefined) joined = run.machine;
    else apart ||= !joinMachines(joined, run.machine);
  }
  run.machine = joined ?? before;
  run.events = events;
  if (apart) loseTrack(run, R.lost);
  return outcomes;
}
