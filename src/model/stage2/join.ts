/** What is known of a machine that went one of two ways. */
import { dirtOf } from './dirt.js';
import { either } from './masked.js';
import { contentOf, type Machine, type RegionState, type Unit } from './state.js';

/** A unit of which nothing is known to have happened. */
const UNTOUCHED: Readonly<Unit> = { presence: 'mapped', wp: 'no', poisoned: false };

function sameUnits(into: RegionState, other: RegionState): boolean {
  for (const index of new Set([...into.units.keys(), ...other.units.keys()])) {
    const mine = into.units.get(index) ?? UNTOUCHED;
    const theirs = other.units.get(index) ?? UNTOUCHED;
    if (mine.presence !== theirs.presence || mine.wp !== theirs.wp || mine.poisoned !== theirs.poisoned) return false;
  }
  return true;
}

/** Joins what the pages hold. False: they were filled in different ways. */
function joinContent(into: RegionState, other: RegionState): boolean {
  for (const page of new Set([...into.content.keys(), ...other.content.keys()])) {
    const mine = contentOf(into, page);
    const theirs = contentOf(other, page);
    if (mine.bases.join() !== theirs.bases.join()) return false;
    for (const offset of new Set([...mine.written.keys(), ...theirs.written.keys()])) {
      mine.setWord(offset, either(mine.word(offset), theirs.word(offset)));
    }
  }
  return true;
}

function joinDirt(into: RegionState, other: RegionState): void {
  for (const page of new Set([...into.slot.dirt.keys(), ...other.slot.dirt.keys()])) {
    const mine = dirtOf(into, page);
    const theirs = dirtOf(other, page);
    if (mine.state !== theirs.state) {
      if (mine.state === 'no') mine.rule = theirs.rule;
      mine.state = 'may';
    }
    if (mine.open !== theirs.open) mine.open = 'may';
    mine.harvested ||= theirs.harvested;
  }
}

/** Joins the memory and dirt of one region: where the two differ, either. False: they differ in more than that. */
function joinRegion(into: RegionState, other: RegionState): boolean {
  if (!sameUnits(into, other) || !joinContent(into, other)) return false;
  joinDirt(into, other);
  return (into.uffd === undefined) === (other.uffd === undefined);
}

/** Joins two machines into the first: where they differ, either. False: they differ in more than can be left open. */
export function joinMachines(into: Machine, other: Machine): boolean {
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
