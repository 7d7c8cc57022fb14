/** Everything that an access goes through before it reaches memory: stage 1, memslots, and the host's mapping. */
import { markDirty, markFalsely } from '../dirt.js';
import { touchHost } from '../host.js';
import { withoutSlot, unreadable } from '../mmio.js';
import type { Piece } from '../operand.js';
import type { Place } from '../place.js';
import { R, type BookRule } from '../rules/index.js';
import { ringIsFull } from '../ring.js';
import { homeGpa, type RegionState } from '../state.js';
import type { Instruction, Phase } from './instructions.js';
import type { ArmRun } from './run.js';
import type { Fault } from './syndrome.js';
import { walk, type Intent } from './walk.js';

/** A part of an operand in the test window or the alias of the page tables. */
export type ArmPiece = Piece & { readonly place: Place };

/** How one part of an access went. */
export type Reach =
  | { readonly kind: 'ready' }
  | { readonly kind: 'fault'; readonly fault: Fault }
  /** The walk's update of a page table was refused. */
  | { readonly kind: 'aborted' }
  /** No memory answers, or none that can be written: KVM has to do something about it, by `rule` unless that is broken. */
  | { readonly kind: 'unbacked'; readonly gpa: number; readonly rule: BookRule | undefined; readonly slot: boolean }
  /** The host has no access to the page, which may be one of the page tables. */
  | { readonly kind: 'refused'; readonly poisoned: boolean; readonly place: Place; readonly page: number }
  | { readonly kind: 'ring_full' }
  | { readonly kind: 'open' };

const READY: Reach = { kind: 'ready' };
const OPEN: Reach = { kind: 'open' };

/** A store to a read-only slot never reaches memory. */
function refusedStore(run: ArmRun, vcpu: 0 | 1, piece: ArmPiece, region: RegionState): Reach {
  const { docket } = run;
  if (!docket.holds(R.readonlyNoUserfault)) touchHost(run, region, piece.page, true, vcpu);
  if (!docket.holds(R.readonlyClean)) markFalsely(region, piece.page, R.readonlyClean);
  if (!docket.holds(R.readonlyWriteExits)) return READY;
  const gpa = homeGpa(region.name, region.first + piece.page) + piece.offset;
  return { kind: 'unbacked', gpa, rule: R.readonlyWriteExits, slot: true };
}

/** Stage 2: the page that stage 1 leads to is mapped for the access, as KVM does it on a fault. */
function faultIn(run: ArmRun, vcpu: 0 | 1, piece: ArmPiece, region: RegionState, write: boolean): Reach {
  const { page, place } = piece;
  const { readonly } = region.slot.flags;
  if (write && readonly) return refusedStore(run, vcpu, piece, region);
  const result = touchHost(run, region, page, write, vcpu);
  if (run.machine.lost) return OPEN;
  if (result !== 'ok' && run.docket.holds(result === 'poisoned' ? R.answerPoison : R.hostProtection)) {
    return { kind: 'refused', poisoned: result === 'poisoned', place, page };
  }
  if (write) markDirty(run, region, page, R.writeMarks, true, vcpu);
  else if (!run.docket.holds(R.readClean)) markFalsely(region, page, R.readClean);
  const rule = write ? undefined : unreadable(run, readonly);
  if (rule === undefined) return ringIsFull(run, vcpu) ? { kind: 'ring_full' } : READY;
  const gpa = homeGpa(region.name, region.first + page) + piece.offset;
  return { kind: 'unbacked', gpa, rule, slot: true };
}

/** Translates a part of an operand and makes memory ready for it. */
export function reach(run: ArmRun, vcpu: 0 | 1, piece: ArmPiece, how: Instruction, phase: Phase): Reach {
  const intent: Intent = {
    // Stage 1 asks cache maintenance for permission to read.
    write: phase.write && how.kind !== 'maintenance',
    fetch: how.kind === 'fetch',
    unprivileged: how.unprivileged,
    updates: 'all',
  };
  const found = walk(run, vcpu, piece.place, piece.page, intent);
  switch (found.kind) {
    case 'fault':
    case 'aborted':
    case 'open':
      return found;
    case 'poisoned':
      return { kind: 'refused', poisoned: true, place: 'pt', page: found.page };
    case 'target':
      break;
  }
  // An update of a page table may have filled the ring.
  if (ringIsFull(run, vcpu)) return run.machine.lost ? OPEN : { kind: 'ring_full' };
  const { target } = found;
  if (target.kind === 'mmio') {
    return { kind: 'unbacked', gpa: target.gpa + piece.offset, rule: withoutSlot(run), slot: false };
  }
  const reached = faultIn(run, vcpu, piece, target.region, phase.write);
  return run.machine.lost ? OPEN : reached;
}
