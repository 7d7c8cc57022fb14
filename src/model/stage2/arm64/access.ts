/** The `access` step: every instruction of its sweep, from the check of the dirty ring to what the doorbell reports. */
import type { ArmProfile } from '../../../scenario/profile.js';
import { ARM_FETCH_STUB, ARM_PTE_BIT } from '../../../scenario/stage2/arch.js';
import { opInfo, type ArmOp } from '../../../scenario/stage2/ops.js';
import type { Access } from '../../../scenario/stage2/steps.js';
import type { Expected, Masked, Outcome } from '../../expectation.js';
import { bitOf, WORD_MASK } from '../masked.js';
import { pieces } from '../operand.js';
import { isMapped } from '../place.js';
import { ringIsFull } from '../ring.js';
import { R, type BookRule } from '../rules/index.js';
import { loseTrack } from '../run.js';
import { contentOf } from '../state.js';
import { AS_READ, AS_WRITE, atomicPhases, INSTRUCTIONS, WRITES, type Phase } from './instructions.js';
import { NOTHING, perform, type Completed, type Performed } from './perform.js';
import type { ArmRun } from './run.js';
import { entryPlaces } from './tables.js';
import { prefetch, translate } from './translate.js';
import { goWays } from './ways.js';

const VECTOR_LANES = 2;

/** The sentence that is broken when the instruction ends otherwise, or with other values in its registers. */
function doorbellRule(profile: ArmProfile, { access, how }: Performed, { matched, extended }: Completed): BookRule {
  if (extended) return R.registerExtend;
  switch (how.kind) {
    case 'fetch':
      return R.fetchRuns;
    case 'prefetch':
      return R.prefetchHint;
    case 'maintenance':
      return profile.maintenanceLoads ? R.maintenanceLoads : R.maintenanceIdle;
    case 'translate':
      return R.atResult;
    default: {
      const { reads, writes } = opInfo(access.op);
      if (access.op === 'stxr') return R.exclusive;
      if (reads && writes) return matched === false ? R.failedCas : R.atomicOldValue;
      return access.op === 'dc_zva' ? R.zeroBlock : R.loadValue;
    }
  }
}

/** The doorbell and the registers that go with it. */
function ringDoorbell(run: ArmRun, performed: Performed, completed: Completed): void {
  const { vcpu, how } = performed;
  const { first: rax, second: rdx, status: rflags, vector } = completed;
  const rule = doorbellRule(run.profile, performed, completed);
  run.events.push({ kind: 'done', rule: rule.id, vcpu, rax, rdx, rflags, mayFillRing: false });
  if (vector !== undefined) {
    const lanes = Array.from({ length: VECTOR_LANES }, (_, lane): Masked => {
      const shift = BigInt(64 * lane);
      return { value: (vector.value >> shift) & WORD_MASK, known: (vector.known >> shift) & WORD_MASK };
    });
    run.events.push({ kind: 'lanes', rule: R.loadValue.id, vcpu, first: 0, lanes, optional: false });
  }
  if (how.writeBack === 0 || !run.docket.holds(R.writeBack)) return;
  const moved = { rdi: how.writeBack, rsi: 0, rcx: 0 };
  run.events.push({ kind: 'registers', rule: R.writeBack.id, vcpu, ...moved, optional: false });
}

/** The entries of each page that the operand touches, as they stand now. */
function entries(run: ArmRun, { access, operand, vcpu }: Performed): Expected[] {
  const { place } = operand;
  if (place === 'scratch' || place === 'pt') return [];
  const pt = run.machine.region('pt');
  const expected: Expected[] = [];
  for (const { page } of pieces(operand, access.width)) {
    if (!isMapped(run, place, page)) continue;
    const { l3, l2, l1 } = entryPlaces(run.config, place, page);
    const word = (entry: { page: number; offset: number }): Masked => contentOf(pt, entry.page).word(entry.offset);
    const rule = opInfo(access.op).writes ? R.dirtyState.id : R.accessFlagSet.id;
    expected.push({ kind: 'ptes', rule, vcpu, region: place, page, pte: word(l3), pde: word(l2), pdpte: word(l1) });
  }
  return expected;
}

/** Carries out an instruction with these accesses to memory, and rings the doorbell if it completes. */
function complete(run: ArmRun, performed: Performed, phases: readonly Phase[]): void {
  const completed = perform(run, performed, phases);
  if (completed !== undefined) ringDoorbell(run, performed, completed);
}

/** The tables let an atomic read but not write, and its read would be seen. */
function orderMatters(run: ArmRun, { operand }: Performed): boolean {
  const { place, page } = operand;
  if (place === 'scratch' || place === 'pt' || place === 'none') return false;
  const { l3 } = entryPlaces(run.config, place, page);
  const word = contentOf(run.machine.region('pt'), l3.page).word(l3.offset);
  const modifies = run.config.hd && bitOf(word, ARM_PTE_BIT.dbm) === true;
  if (modifies || bitOf(word, ARM_PTE_BIT.readonly) === false) return false;
  const region = run.machine.region(place);
  const unit = region.units.get(region.huge ? 0 : page);
  return unit !== undefined && (unit.presence !== 'mapped' || unit.poisoned);
}

/** An atomic: one access or two. */
function atomic(run: ArmRun, performed: Performed): void {
  const { docket, profile } = run;
  const rule = profile.atomicFaults === 'read_first' ? R.atomicReadsFirst : R.atomicWritesAtOnce;
  const phases = atomicPhases(profile.atomicFaults === 'read_first' ? docket.holds(rule) : !docket.holds(rule));
  // A processor may check the permission to write before its read is seen or after it.
  if (phases !== WRITES && orderMatters(run, performed)) loseTrack(run, R.lost);
  else complete(run, performed, phases);
}

/** The page has no memory, so that KVM certainly has not mapped it. */
function isHole(run: ArmRun, { operand }: Performed): boolean {
  const { place, page } = operand;
  if (place === 'scratch' || place === 'none') return false;
  const region = run.machine.region(place);
  return region.units.get(region.huge ? 0 : page)?.presence === 'hole';
}

/** Cache maintenance: checked like a load, by a page that KVM has mapped, or with a fault that KVM takes for a write's. */
function maintain(run: ArmRun, performed: Performed): readonly Outcome[] | undefined {
  const { docket, profile } = run;
  if (!profile.maintenanceLoads) {
    if (docket.holds(R.maintenanceIdle)) ringDoorbell(run, performed, NOTHING);
    else complete(run, performed, AS_READ);
    return undefined;
  }
  if (!docket.holds(R.maintenanceLoads)) {
    ringDoorbell(run, performed, NOTHING);
    return undefined;
  }
  if (isHole(run, performed)) {
    complete(run, performed, docket.holds(R.maintenanceMayWrite) ? AS_WRITE : AS_READ);
    return undefined;
  }
  if (!docket.holds(R.maintenanceMayWrite)) {
    complete(run, performed, AS_READ);
    return undefined;
  }
  const ways = [AS_READ, AS_WRITE].map((phases) => () => {
    complete(run, performed, phases);
  });
  return goWays(run, ways);
}

/** A fetch of the stub, or of zeroes where the host gave the page to MADV_FREE. */
function fetch(run: ArmRun, performed: Performed): readonly Outcome[] | undefined {
  const { how, operand } = performed;
  const { place, page } = operand;
  const content = place === 'scratch' || place === 'none' ? undefined : run.machine.region(place).content.get(page);
  if (content === undefined || content.bases.length === 1) {
    complete(run, performed, how.phases);
    return undefined;
  }
  const ways = [BigInt(ARM_FETCH_STUB), 0n].map((fetched) => () => {
    complete(run, { ...performed, fetched }, how.phases);
  });
  return goWays(run, ways);
}

/** Carries out one instruction. Returns the ways that it may go, if there are several. */
function carryOut(run: ArmRun, performed: Performed): readonly Outcome[] | undefined {
  const { how } = performed;
  switch (how.kind) {
    case 'atomic':
      atomic(run, performed);
      return undefined;
    case 'maintenance':
      return maintain(run, performed);
    case 'translate': {
      const completed = translate(run, performed);
      if (completed !== undefined) ringDoorbell(run, performed, completed);
      return undefined;
    }
    case 'prefetch':
      if (!run.docket.holds(R.prefetchHint)) complete(run, performed, how.phases);
      else {
        prefetch(run, performed);
        ringDoorbell(run, performed, NOTHING);
      }
      return undefined;
    case 'fetch':
      return fetch(run, performed);
    default:
      complete(run, performed, how.phases);
      return undefined;
  }
}

/** The kinds of two lists of events are the same, and so is what they say of memory that faults. */
function alike(one: readonly Expected[], other: readonly Expected[]): boolean {
  return one.length === other.length && one.every(({ kind }, i) => kind === 'done' && other[i]?.kind === 'done');
}

/** Interprets one instruction at an operand. Returns the ways that it may go, if there are several. */
export function performAt(run: ArmRun, performed: Performed): readonly Outcome[] | undefined {
  const ways = ringIsFull(run, performed.vcpu) ? undefined : carryOut(run, performed);
  if (run.machine.lost) return undefined;
  const after = entries(run, performed);
  if (ways === undefined) {
    run.events.push(...after);
    return undefined;
  }
  const [first, ...others] = ways;
  if (first !== undefined && others.every(({ events }) => alike(first.events, events))) {
    run.events.push(...first.events, ...after);
    return undefined;
  }
  return ways.map(({ events, anyUserfaults }) => ({ events: [...events, ...after], anyUserfaults }));
}

/** Interprets an `access` step. Returns the ways that it may go, if there are several. */
export function stepAccess(run: ArmRun, access: Access): readonly Outcome[] | undefined {
  // The scenario's constraints keep the operations of architectures apart.
  const how = INSTRUCTIONS[access.op as ArmOp];
  for (let i = 0; i < access.sweep && !run.machine.lost; i++) {
    const operand = { place: access.region, page: access.page + i, offset: access.offset };
    const ways = performAt(run, { access, vcpu: access.vcpu, operand, how });
    if (ways === undefined) continue;
    if (access.sweep === 1) return ways;
    loseTrack(run, R.lost);
  }
  return undefined;
}
