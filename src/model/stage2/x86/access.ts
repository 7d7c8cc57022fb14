/** The `access` step: every instruction of its sweep, from the check of the dirty ring to what the doorbell reports. */
import type { Masked } from '../../expectation.js';
import type { OpAbility } from '../../../scenario/profile.js';
import { opInfo, type Op, type X86Op } from '../../../scenario/stage2/ops.js';
import type { Access, Peer, Pte } from '../../../scenario/stage2/steps.js';
import { PTE_BIT } from '../../../scenario/stage2/layout.js';
import { flagOf, levelOf } from './entry.js';
import { elementOf, execute, executeFetch, misaligned, type Completed, type Instruction } from './instruction.js';
import { byteMask, UNKNOWN, WORD_MASK } from '../masked.js';
import { pieces, type Operand } from '../operand.js';
import { R, type BookRule } from '../rules/index.js';
import { mayHaveFilledRing, ringIsFull } from '../ring.js';
import { loseTrack } from '../run.js';
import { contentOf } from '../state.js';
import { isMapped } from '../place.js';
import type { X86Run } from './run.js';
import { enterGuest } from './sync.js';
import { entryPlaces } from './tables.js';

/** The driver reports a vector register three lanes at a time. */
const LANES_PER_EVENT = 3;

const SCRATCH: Operand = { place: 'scratch', page: 0, offset: 0 };

function peerOperand(peer: Peer): Operand {
  return peer.region === 'scratch' ? SCRATCH : { place: peer.region, page: peer.page, offset: peer.offset };
}

function abilityOf(run: X86Run, op: Op): OpAbility {
  // The scenario's constraints keep the operations of architectures apart.
  const { kernel, user } = run.profile.ops[op as X86Op];
  return run.machine.config.privilege === 'kernel' ? kernel : user;
}

/** KVM's emulator reads the operand, whatever the processor does. */
function clflushLoads(run: X86Run): boolean {
  return run.profile.clflushLoads || !run.native;
}

/** The sentence that is broken when the instruction ends otherwise, or with other values in its registers. */
function doorbellRule(run: X86Run, { op }: Access, { matched }: Completed['result']): BookRule {
  switch (op) {
    case 'fetch':
      return R.fetchRuns;
    case 'prefetchw':
      return R.prefetchHint;
    case 'clflush':
      return clflushLoads(run) ? R.clflushLoads : R.clflushIdle;
    default: {
      const { reads, writes } = opInfo(op);
      return matched === false ? R.failedCompare : reads && writes ? R.atomicUpdate : R.loadValue;
    }
  }
}

/** The doorbell and the registers that go with it. */
function ringDoorbell(run: X86Run, instruction: Instruction, completed: Completed): void {
  const { access, vcpu } = instruction;
  const { result, wide } = completed;
  const info = opInfo(access.op);
  const rule = doorbellRule(run, access, result);
  const { rax, rdx, rflags } = result;
  const optional = mayHaveFilledRing(run, vcpu);
  run.events.push({ kind: 'done', rule: rule.id, vcpu, rax, rdx, rflags, mayFillRing: optional });
  if (info.reads && access.width > 8 && access.op !== 'cmpxchg16b') {
    const lanes: Masked[] = [];
    const data = wide ?? UNKNOWN;
    for (let i = 0; i < access.width / 8; i++) {
      const shift = BigInt(64 * i);
      lanes.push({ value: (data.value >> shift) & WORD_MASK, known: (data.known >> shift) & WORD_MASK });
    }
    for (let first = 0; first < lanes.length; first += LANES_PER_EVENT) {
      const part = lanes.slice(first, first + LANES_PER_EVENT);
      run.events.push({ kind: 'lanes', rule: R.loadValue.id, vcpu, first, lanes: part, optional });
    }
  }
  const registers = registersAfter(access);
  if (registers !== undefined && run.docket.holds(R.stringRegisters)) {
    run.events.push({ kind: 'registers', rule: R.stringRegisters.id, vcpu, ...registers, optional });
  }
}

function registersAfter(access: Access): { rdi: number; rsi: number; rcx: number } | undefined {
  const bytes = access.width * access.count;
  switch (access.op) {
    case 'movs':
    case 'rep_movs':
      return { rdi: bytes, rsi: bytes, rcx: 0 };
    case 'stos':
    case 'rep_stos':
      return { rdi: bytes, rsi: 0, rcx: 0 };
    case 'push':
      return { rdi: 0, rsi: -8, rcx: 0 };
    case 'pop':
      return { rdi: 0, rsi: 8, rcx: 0 };
    default:
      return undefined;
  }
}

/** The entries of each page that the operand touches, as they stand now. */
function expectEntries(run: X86Run, instruction: Instruction): void {
  const { access, operand, vcpu } = instruction;
  if (operand.place === 'scratch' || operand.place === 'pt') return;
  const pt = run.machine.region('pt');
  for (const piece of pieces(operand, access.width * access.count)) {
    if (!isMapped(run, operand.place, piece.page)) continue;
    const places = entryPlaces(run.machine.config, operand.place, piece.page);
    const word = (place: { page: number; offset: number }): Masked => contentOf(pt, place.page).word(place.offset);
    const rule = opInfo(access.op).writes ? R.dirtySet : R.accessedSet;
    run.events.push({
      kind: 'ptes',
      rule: rule.id,
      vcpu,
      region: operand.place,
      page: piece.page,
      pte: word(places.pte),
      pde: word(places.pde),
      pdpte: word(places.pdpte),
    });
  }
}

/** The instruction does nothing. */
function isIdle(run: X86Run, { op }: Access): boolean {
  // Without their rules, prefetches would be loads, and clflush the opposite of what it is.
  if (op === 'prefetchw') return run.docket.holds(R.prefetchHint);
  if (op !== 'clflush') return false;
  return clflushLoads(run) ? !run.docket.holds(R.clflushLoads) : run.docket.holds(R.clflushIdle);
}

/** Runs one instruction to its end. */
function perform(run: X86Run, instruction: Instruction): void {
  const { access, ability } = instruction;
  const done: Completed = {
    result: { store: undefined, rax: UNKNOWN, rdx: UNKNOWN, rflags: UNKNOWN },
    wide: undefined,
  };
  if (isIdle(run, access)) {
    ringDoorbell(run, instruction, done);
    return;
  }
  const emulatedWide = !run.native && ability.memory !== 'runs' && access.op !== 'cmpxchg16b';
  if (!emulatedWide && misaligned(run, instruction)) return;
  if (access.op === 'fetch') {
    if (executeFetch(run, instruction) === 'done') ringDoorbell(run, instruction, done);
    return;
  }
  let completed: Completed | undefined;
  const before = run.events.length;
  let firstElement = before;
  for (let i = 0; i < access.count; i++) {
    completed = execute(run, access.count === 1 ? instruction : elementOf(instruction, i));
    if (completed === undefined) return;
    if (i === 0) firstElement = run.events.length;
  }
  const exits = run.events.slice(before).some((event) => event.kind === 'mmio');
  if (mayHaveFilledRing(run, instruction.vcpu) && (run.native || exits)) {
    // Somewhere in the middle of the instruction the vCPU may have stopped.
    loseTrack(run, R.lost);
    return;
  }
  if (access.count > 1 && exits && !run.docket.holds(R.repPerElement)) run.events.length = firstElement;
  if (completed !== undefined) ringDoorbell(run, instruction, completed);
}

/** Interprets one instruction at an operand: ring check, execution, entries afterwards. */
function performAt(run: X86Run, access: Access, operand: Operand): void {
  const instruction: Instruction = {
    access,
    vcpu: access.vcpu,
    operand,
    peer: peerOperand(access.peer),
    ability: abilityOf(run, access.op),
  };
  if (!ringIsFull(run, access.vcpu)) {
    enterGuest(run, access.vcpu);
    perform(run, instruction);
  }
  if (!run.machine.lost) expectEntries(run, instruction);
}

/** Interprets an `access` step. */
export function stepAccess(run: X86Run, access: Access): void {
  for (let i = 0; i < access.sweep && !run.machine.lost; i++) {
    performAt(run, access, { place: access.region, page: access.page + i, offset: access.offset });
  }
}

/** The guest's `pte` edit is a locked OR or AND of the entry through the alias of the page tables. */
export function guestPteEdit(run: X86Run, step: Pte): void {
  const place = entryPlaces(run.machine.config, step.region, step.page)[levelOf(step)];
  const mask = 1n << BigInt(PTE_BIT[flagOf(step)]);
  const value = step.set ? mask : byteMask(8) & ~mask;
  const access: Access = {
    kind: 'access',
    op: step.set ? 'lock_or' : 'lock_and',
    width: 8,
    vcpu: step.vcpu,
    region: 'data',
    page: place.page,
    offset: place.offset,
    value: `0x${value.toString(16)}`,
    comparand: 'initial',
    count: 1,
    sweep: 1,
    peer: { region: 'scratch' },
  };
  performAt(run, access, { place: 'pt', page: place.page, offset: place.offset });
}
