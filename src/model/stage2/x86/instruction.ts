/** One access of the guest: on the processor where it can, by KVM's emulator where it must, and how it ends. */
import type { Masked } from '../../expectation.js';
import type { OpAbility } from '../../../scenario/profile.js';
import { FETCH_STUB, GVA } from '../../../scenario/stage2/layout.js';
import { opInfo } from '../../../scenario/stage2/ops.js';
import type { Access } from '../../../scenario/stage2/steps.js';
import { emulateFetch, emulateRead, emulateWrite, emulationFailure, OK, type Progress } from './emulator.js';
import { alignmentFault, endRefused, endWith, leaveFirstPart, pageFault } from './endings.js';
import { comparandOf } from '../comparand.js';
import { directTarget, readDirect, writeDirect } from '../direct.js';
import { byteMask, UNKNOWN } from '../masked.js';
import { probeUses, type Probe, type Use } from './native.js';
import { advance, type Located, type Operand, type Piece } from '../operand.js';
import { relaxPending } from '../relax.js';
import { loadResult, storedValue, updateResult, type Result } from './results.js';
import { R } from '../rules/index.js';
import { loseTrack } from '../run.js';
import type { X86Run } from './run.js';

/** An access of one instruction, its operands resolved. */
export interface Instruction {
  readonly access: Access;
  readonly vcpu: 0 | 1;
  readonly operand: Operand;
  readonly peer: Operand;
  readonly ability: OpAbility;
}

const WIDE = 8;
/** Error-code bits of a page fault. */
const PF_PRESENT = 1;
const PF_WRITE = 2;
const PF_USER = 4;

/** The processor takes a read-modify-write for a read and then a write. */
function readsFirst({ profile, docket }: X86Run): boolean {
  if (profile.atomicFaults === 'read_first') return docket.holds(R.updateReadsFirst);
  return !docket.holds(R.updateWritesAtOnce);
}

/** The instruction's operands in the order in which the processor touches them. */
function usesOf(run: X86Run, instruction: Instruction): Use[] {
  const { access, operand, peer } = instruction;
  const info = opInfo(access.op);
  const own: Use = {
    operand,
    length: access.width,
    reads: info.reads,
    writes: info.writes,
    fetch: access.op === 'fetch',
  };
  if (access.op === 'clflush') return [{ ...own, length: 1, reads: true }];
  if (info.reads && info.writes && readsFirst(run)) return [{ ...own, writes: false }, own];
  if (info.peer === 'none') return [own];
  const other: Use = {
    operand: peer,
    length: access.width,
    reads: info.peer === 'reads',
    writes: info.peer === 'writes',
    fetch: false,
  };
  return info.peer === 'reads' ? [other, own] : [own, other];
}

// Data of an instruction that completes on the processor.

const NOTHING: Result = { store: undefined, rax: UNKNOWN, rdx: UNKNOWN, rflags: UNKNOWN };

/** What a completed instruction leaves: registers for the doorbell, and the wide register. */
export interface Completed {
  readonly result: Result;
  readonly wide: Masked | undefined;
}

function update(run: X86Run, instruction: Instruction, old: Masked): Result {
  const { access } = instruction;
  const comparand = comparandOf(run, access, instruction.operand);
  let result = updateResult(access, old, comparand);
  if (result.matched === false && !run.docket.holds(R.failedCompare)) {
    const known = byteMask(access.width);
    result = { ...updateResult(access, { value: comparand & known, known }, comparand), matched: false };
  }
  if (!run.docket.holds(R.atomicUpdate)) result = { ...result, store: old };
  if (!run.docket.holds(R.flagsResult)) {
    const { value, known } = result.rflags;
    result = { ...result, rflags: { value: ~value & known, known } };
  }
  return result;
}

function loaded(run: X86Run, instruction: Instruction, data: Masked): Completed {
  const { access } = instruction;
  const seen = run.docket.holds(R.loadValue) ? data : { value: data.value ^ data.known, known: data.known };
  if (access.width > WIDE) return { result: NOTHING, wide: seen };
  if (access.op === 'load' || access.op === 'load_zx' || access.op === 'load_sx') {
    const asItShould = access.width === WIDE || run.docket.holds(R.registerMerge);
    return { result: { ...NOTHING, rax: loadResult(access.op, access, seen, asItShould) }, wide: undefined };
  }
  return { result: NOTHING, wide: undefined };
}

/** The data movement of an instruction whose memory is all in place. */
function completeDirect(run: X86Run, instruction: Instruction, use: Use): Completed {
  const { access, operand, peer } = instruction;
  const info = opInfo(access.op);
  if (info.reads && info.writes) {
    const result = update(run, instruction, readDirect(run, operand, access.width));
    if (result.store !== undefined) writeDirect(run, operand, access.width, result.store);
    return { result, wide: undefined };
  }
  if (info.peer === 'reads') writeDirect(run, operand, access.width, readDirect(run, peer, access.width));
  else if (info.peer === 'writes') writeDirect(run, peer, access.width, readDirect(run, operand, access.width));
  else if (info.writes) writeDirect(run, operand, access.width, storedValue(access));
  else if (use.reads && access.op !== 'clflush')
    return loaded(run, instruction, readDirect(run, operand, access.width));
  return { result: NOTHING, wide: undefined };
}

// The same by the emulator.

interface Emulated {
  readonly progress: Progress;
  readonly completed: Completed;
}

const NONE: Completed = { result: NOTHING, wide: undefined };

function ended(progress: Progress): Emulated {
  return { progress, completed: NONE };
}

/** The fault of a read-modify-write names it a write, even when its read faults. */
function asUpdate(progress: Progress): Progress {
  return progress.kind === 'fault' ? { ...progress, errorCode: progress.errorCode | PF_WRITE } : progress;
}

/** What the emulator does with an instruction that it does not know; undefined: it knows it after all. */
function undecodable(run: X86Run, instruction: Instruction): Emulated | undefined {
  const { access, vcpu, operand } = instruction;
  if (access.op === 'cmpxchg16b') {
    // It finds that out late: it has read the operand by then.
    const read = emulateRead(run, vcpu, operand, access.width);
    if (read.progress.kind !== 'ok') return ended(asUpdate(read.progress));
  }
  const rule = access.op === 'cmpxchg16b' ? R.undecoded : R.undecodedVector;
  return run.docket.holds(rule) ? ended(emulationFailure(rule)) : undefined;
}

/** `faulted`: the part of it by whose read the processor left the guest, if it did so. */
function emulateUpdate(run: X86Run, instruction: Instruction, faulted: Located | undefined): Emulated {
  const { access, vcpu, operand } = instruction;
  const { config } = run.machine;
  const asWrite = (config.pt.uffd !== null || config.data.uffd !== null) && !run.docket.holds(R.emulatedUpdateReads);
  const before = run.events.length;
  const read = emulateRead(run, vcpu, operand, access.width, asWrite);
  if (read.progress.kind !== 'ok') return ended(asUpdate(read.progress));
  const result = update(run, instruction, read.data);
  const named = run.profile.paging === 'tdp' ? faulted : undefined;
  const written = emulateWrite(run, vcpu, operand, access.width, result.store ?? read.data, true, named);
  if (written.kind !== 'ok') return ended(written);
  const exits = run.events.slice(before).filter((event) => event.kind === 'mmio');
  if (exits.length > 0) {
    const rule = exits.some((exit) => !exit.write) ? R.updateReadsThenWrites : R.readonlyUpdate;
    if (!run.docket.holds(rule)) run.events = run.events.filter((event) => event.kind !== 'mmio' || !event.write);
  }
  return { progress: OK, completed: { result, wide: undefined } };
}

function emulateMove(run: X86Run, instruction: Instruction, from: Operand, to: Operand): Emulated {
  const { access, vcpu } = instruction;
  const read = emulateRead(run, vcpu, from, access.width);
  if (read.progress.kind !== 'ok') return ended(read.progress);
  const written = emulateWrite(run, vcpu, to, access.width, read.data, false);
  return written.kind === 'ok' ? { progress: OK, completed: NONE } : ended(written);
}

function emulate(run: X86Run, instruction: Instruction, faulted: Located | undefined): Emulated {
  const { access, vcpu, operand, peer } = instruction;
  const failed = decodes(run, instruction) ? undefined : undecodable(run, instruction);
  if (failed !== undefined) return failed;
  const info = opInfo(access.op);
  if (info.reads && info.writes) return emulateUpdate(run, instruction, faulted);
  if (info.peer === 'reads') return emulateMove(run, instruction, peer, operand);
  if (info.peer === 'writes') return emulateMove(run, instruction, operand, peer);
  if (info.writes) {
    const written = emulateWrite(run, vcpu, operand, access.width, storedValue(access), false);
    return written.kind === 'ok' ? { progress: OK, completed: NONE } : ended(written);
  }
  const length = access.op === 'clflush' ? 1 : access.width;
  const read = emulateRead(run, vcpu, operand, length);
  if (read.progress.kind !== 'ok') return ended(read.progress);
  return { progress: OK, completed: access.op === 'clflush' ? NONE : loaded(run, instruction, read.data) };
}

// On the processor, where it can be.

function decodes(run: X86Run, instruction: Instruction): boolean {
  const { memory, mmio } = instruction.ability;
  return run.native ? mmio === 'emulated' : memory === 'runs';
}

/** Executes one element of an instruction. Undefined: it did not complete, and its ending is among the events. */
export function execute(run: X86Run, instruction: Instruction): Completed | undefined {
  run.pending.length = 0;
  const { vcpu, access, operand } = instruction;
  let faulted: Located | undefined;
  if (run.native) {
    const uses = usesOf(run, instruction);
    const probe = probeUses(run, vcpu, uses);
    if (probe.kind === 'ready') {
      return completeDirect(run, instruction, uses[uses.length - 1] ?? { ...EMPTY_USE, operand });
    }
    if (probe.kind !== 'emulate') {
      if (mayFailToEmulate(run, instruction, probe) && loseTrack(run, R.cachedBeforeRights)) return undefined;
      const piece = endOnProcessor(run, vcpu, probe);
      if (piece !== undefined) leaveFirstPart(run, vcpu, access, operand, piece);
      return undefined;
    }
    faulted = probe.readAt;
  }
  const outcome = emulate(run, instruction, faulted);
  if (outcome.progress.kind === 'ok') return outcome.completed;
  if (run.native) relaxPending(run, R.faultMayUpdate);
  endWith(run, vcpu, outcome.progress);
  return undefined;
}

/** An instruction that KVM cannot emulate may not write where no memory is: KVM may have found out the former first. */
function mayFailToEmulate(run: X86Run, instruction: Instruction, probe: Probe): boolean {
  if (probe.kind !== 'ended' || probe.progress.kind !== 'fault' || !run.profile.mmioBeforeRights) return false;
  const { errorCode, piece } = probe.progress;
  if ((errorCode & PF_PRESENT) === 0 || decodes(run, instruction)) return false;
  return directTarget(run, piece)?.kind === 'mmio';
}

/** The processor does not complete the instruction. Returns the part that is to blame, if one is. */
function endOnProcessor(
  run: X86Run,
  vcpu: 0 | 1,
  probe: Extract<Probe, { kind: 'ended' | 'host_refuses' }>,
): Piece | undefined {
  relaxPending(run, R.faultMayUpdate);
  if (probe.kind === 'ended') {
    endWith(run, vcpu, probe.progress);
    return 'piece' in probe.progress ? probe.progress.piece : undefined;
  }
  endRefused(run, vcpu, probe.poisoned, probe.piece);
  return probe.piece;
}

const EMPTY_USE = { length: 0, reads: false, writes: false, fetch: false };

/** Zeroes are `add [rax], al`, and RAX leads nowhere. */
function trapCode(run: X86Run): number {
  const reads = run.native && readsFirst(run);
  return (reads ? 0 : PF_WRITE) | (run.user ? PF_USER : 0);
}

/** The fetch operation: the stub rings the doorbell, zeroes trap, anything else is open. */
export function executeFetch(run: X86Run, instruction: Instruction): 'done' | 'ended' {
  run.pending.length = 0;
  const { vcpu, operand } = instruction;
  if (run.native) {
    const probe = probeUses(run, vcpu, usesOf(run, instruction));
    if (probe.kind === 'ended' || probe.kind === 'host_refuses') {
      endOnProcessor(run, vcpu, probe);
      return 'ended';
    }
  }
  const { progress, data } = emulateFetch(run, vcpu, operand);
  if (progress.kind !== 'ok') {
    if (run.native) relaxPending(run, R.faultMayUpdate);
    endWith(run, vcpu, progress);
    return 'ended';
  }
  const known = (data.known & 0xffffn) === 0xffffn;
  // Where fetches do not run what memory holds, they trap instead of ringing the doorbell and the other way round.
  const runs = run.docket.holds(R.fetchRuns) ? data.value : data.value === 0n ? BigInt(FETCH_STUB) : 0n;
  if (known && runs === BigInt(FETCH_STUB)) return 'done';
  if (known && runs === 0n) {
    pageFault(run, vcpu, R.fetchRuns.id, trapCode(run), GVA.trap);
    return 'ended';
  }
  loseTrack(run, R.lost);
  return 'ended';
}

/** movaps and cmpxchg16b check their alignment first. */
export function misaligned(run: X86Run, instruction: Instruction): boolean {
  const { access, operand } = instruction;
  if (!opInfo(access.op).aligned || operand.offset % access.width === 0) return false;
  if (!run.docket.holds(R.alignmentFault)) return false;
  alignmentFault(run, instruction.vcpu);
  return true;
}

/** Operands of element `index` of a rep form. */
export function elementOf(instruction: Instruction, index: number): Instruction {
  const step = index * instruction.access.width;
  return { ...instruction, operand: advance(instruction.operand, step), peer: advance(instruction.peer, step) };
}
