/** Two accesses at once: what either order gives is allowed, and what the orders disagree on is not predicted. */
import type { Outcome } from '../expectation.js';
import type { Race } from '../../scenario/stage2/steps.js';
import { stepAccess, type ArchRun } from './dispatch.js';
import { either } from './masked.js';
import { R } from './rules/index.js';
import { loseTrack } from './run.js';
import { cloneMachine, type Machine, type RegionState } from './state.js';

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

/** Joins the content and dirt of one region: where the two differ, either. False: they differ in more than that. */
function joinRegion(into: RegionState, other: RegionState): boolean {
  for (const [index, unit] of other.units) {
    const mine = into.units.get(index);
    if (mine === undefined) into.units.set(index, unit);
    else if (mine.presence !== unit.presence || mine.wp !== unit.wp || mine.poisoned !== unit.poisoned) return false;
  }
  for (const [page, content] of other.content) {
    const mine = into.content.get(page);
    if (mine === undefined) {
      into.content.set(page, content);
      continue;
    }
    if (mine.bases.join() !== content.bases.join()) return false;
    for (const offset of new Set([...mine.written.keys(), ...content.written.keys()])) {
      mine.setWord(offset, either(mine.word(offset), content.word(offset)));
    }
  }
  for (const [page, dirt] of other.slot.dirt) {
    const mine = into.slot.dirt.get(page);
    if (mine === undefined) into.slot.dirt.set(page, { ...dirt, state: dirt.state === 'no' ? 'no' : 'may' });
    else if (mine.state !== dirt.state) mine.state = 'may';
  }
  return (into.uffd === undefined) === (other.uffd === undefined);
}

function join(into: Machine, other: Machine): boolean {
  if (into.lost || other.lost || into.mmioReads !== other.mmioReads) return false;
  for (const vcpu of [0, 1] as const) {
    into.ring[vcpu].least = Math.min(into.ring[vcpu].least, other.ring[vcpu].least);
    into.ring[vcpu].most = Math.max(into.ring[vcpu].most, other.ring[vcpu].most) + 1;
  }
  for (const name of ['pt', 'data', 'data2'] as const) {
    const mine = into.regions[name];
    const others = other.regions[name];
    if (mine !== undefined && others !== undefined && !joinRegion(mine, others)) return false;
  }
  return true;
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
  if (open || !join(run.machine, ba.machine)) loseTrack(run, R.lost);
  return [ab.outcome, ba.outcome];
}
