/** Two accesses at once: what either order gives is allowed, and what the orders disagree on is not predicted. */
import type { Outcome } from '../expectation.js';
import type { Race } from '../../scenario/stage2/steps.js';
import { stepAccess, type ArchRun } from './dispatch.js';
import { joinMachines } from './join.js';
import { R } from './rules/index.js';
import { loseTrack } from './run.js';
import { cloneMachine, type Machine } from './state.js';

/** Both orders from the same start. */
function interpret(run: ArchRun, first: Race['a'], second: Race['a']): { machine: Machine; outcome: Outcome } {
  const before = run.machine;
  const events = run.events;
  run.machine = cloneMachine(before);
  run.events = [];
  stepAccess(run, first);
  if (!run.machine.lost) stepAccess(run, second);
  // The driver reads the entries after both accesses, so they do not tell the order; the end of the scenario checks them.
  const seen = run.events.filter((event) => event.kind !== 'ptes');
  const result = { machine: run.machine, outcome: { events: seen, anyUserfaults: true } };
  run.machine = before;
  run.events = events;
  return result;
}

/** Userfaults that both vCPUs may raise at once are answered twice; what then holds is left open. */
function mayFaultTwice(machine: Machine, step: Race): boolean {
  for (const access of [step.a, step.b]) {
    if (access.region === 'none') continue;
    const region = machine.region(access.region);
    const unit = region.units.get(region.huge ? 0 : access.page);
    if (region.uffd !== undefined && unit !== undefined && (unit.presence !== 'mapped' || unit.wp !== 'no'))
      return true;
  }
  return [...machine.region('pt').units.values()].some((unit) => unit.presence !== 'mapped' || unit.wp !== 'no');
}

/** Interprets a `race` step: the outcomes that are allowed. */
export function stepRace(run: ArchRun, step: Race): readonly Outcome[] {
  const open = mayFaultTwice(run.machine, step);
  const ab = interpret(run, step.a, step.b);
  const ba = interpret(run, step.b, step.a);
  if (!run.docket.holds(R.raceSerial)) return [ab.outcome];
  run.machine = ab.machine;
  if (open || !joinMachines(run.machine, ba.machine)) loseTrack(run, R.lost);
  return [ab.outcome, ba.outcome];
}
