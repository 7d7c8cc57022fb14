/** One access of the guest: on the processor where it can, by KVM's emulator where it must, and how it ends. */
import type { Masked } from '../../expectation.js';
import type { OpAbility } from '../../../scenario/profile.js';
import { FETCH_STUB, GVA, PAGE_SIZE } from '../../../scenario/stage2/layout.js';
import { opInfo } from '../../../scenario/stage2/ops.js';
import type { Access } from '../../../scenario/stage2/steps.js';
import { emulateFetch, emulateRead, emulateWrite, emulationFailure, OK, type Progress } from './emulator.js';
import { comparandOf } from '../comparand.js';
import { directTarget, readDirect, writeDirect } from '../direct.js';
import { byteMask, UNKNOWN } from '../masked.js';
import { probeUses, type Use } from './native.js';
import { advance, contentBehind, extract, operandValue, pieces, type Operand, type Piece } from '../operand.js';
import { pageIndex, type Place } from '../place.js';
import { relaxPending } from '../relax.js';
import { loadResult, updateResult, type Result } from './results.js';
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
const PF = 14;
/** Error-code bit of a write. */
const PF_WRITE = 2;
const GP = 13;
const INTERNAL_EMULATION = 1;

/** Virtual address of a byte of a test page. */
export function gvaOf(run: X86Run, place: Place, page: number, offset: number): number {
  const base = place === 'pt' ? GVA.ptAlias : GVA[place];
  return base + pageIndex(run, place, page) * PAGE_SIZE + offset;
}

/** The instruction's operands in the order in which it touches them. */
function usesOf(instruction: Instruction): Use[] {
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

function storedValue(access: Access): Masked {
  return { value: operandValue(BigInt(access.value), access.width), known: byteMask(access.width) };
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
  return run.docket.holds(R.undecoded) ? ended(emulationFailure(R.undecoded)) : undefined;
}

function emulateUpdate(run: X86Run, instruction: Instruction): Emulated {
  const { access, vcpu, operand } = instruction;
  const { config } = run.machine;
  const asWrite = (config.pt.uffd !== null || config.data.uffd !== null) && !run.docket.holds(R.emulatedUpdateReads);
  const before = run.events.length;
  const read = emulateRead(run, vcpu, operand, access.width, asWrite);
  if (read.progress.kind !== 'ok') return ended(asUpdate(read.progress));
  const result = update(run, instruction, read.data);
  const written = emulateWrite(run, vcpu, operand, access.width, result.store ?? read.data, true);
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

function emulate(run: X86Run, instruction: Instruction, decodes: boolean): Emulated {
  const { access, vcpu, operand, peer } = instruction;
  const failed = decodes ? undefined : undecodable(run, instruction);
  if (failed !== undefined) return failed;
  const info = opInfo(access.op);
  if (info.reads && info.writes) return emulateUpdate(run, instruction);
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

// Endings.

function exception(
  run: X86Run,
  instruction: Instruction,
  rule: string,
  vector: number,
  errorCode: number,
  cr2: number,
): void {
  const { vcpu } = instruction;
  run.events.push({ kind: 'exception', rule, vcpu, vector, errorCode, cr2, ripOffset: 0 });
}

function endWith(run: X86Run, instruction: Instruction, progress: Progress): void {
  const { vcpu } = instruction;
  if (progress.kind === 'fault') {
    const { piece } = progress;
    const present = (progress.errorCode & 1) === 1;
    const cr2 = piece.place === 'scratch' ? 0 : gvaOf(run, piece.place, piece.page, piece.offset);
    const rule = present ? R.writeProtected : R.notPresent;
    exception(run, instruction, rule.id, PF, progress.errorCode, cr2);
  } else if (progress.kind === 'emulation_failure') {
    run.events.push({ kind: 'internal_error', rule: progress.rule.id, vcpu, suberror: INTERNAL_EMULATION });
  }
}

function endRefused(
  run: X86Run,
  instruction: Instruction,
  probe: { poisoned: boolean; located: { piece: Piece } },
): void {
  const { vcpu } = instruction;
  const { piece } = probe.located;
  if (probe.poisoned) {
    const target = directTarget(run, piece);
    const readonly = target?.kind === 'ram' && target.region.slot.flags.readonly;
    const rule = readonly ? R.readonlyPoison : R.answerPoison;
    // Where the address is wrong, it is that of another region's page.
    const region = piece.place === 'scratch' ? 'data' : readonly && !run.docket.holds(rule) ? 'pt' : piece.place;
    run.events.push({ kind: 'sigbus', rule: rule.id, vcpu, region, page: piece.page });
  } else if (run.profile.memoryFaultExit) {
    run.events.push({ kind: 'memory_fault', rule: R.hostProtection.id, vcpu, errno: 14 });
  } else run.events.push({ kind: 'run_error', rule: R.hostProtection.id, vcpu, errno: 14 });
}

function decodes(run: X86Run, instruction: Instruction): boolean {
  const { memory, mmio } = instruction.ability;
  return run.native ? mmio === 'emulated' : memory === 'runs';
}

/** Executes one element of an instruction. Undefined: it did not complete, and its ending is among the events. */
export function execute(run: X86Run, instruction: Instruction): Completed | undefined {
  run.pending.length = 0;
  const uses = usesOf(instruction);
  if (run.native) {
    const probe = probeUses(run, instruction.vcpu, uses);
    if (probe.kind === 'ready') {
      return completeDirect(run, instruction, uses[uses.length - 1] ?? { ...EMPTY_USE, operand: instruction.operand });
    }
    if (probe.kind !== 'emulate') {
      relaxPending(run, R.faultMayUpdate);
      if (!run.docket.holds(R.faultNoEffect)) writeFirstPart(run, instruction);
      if (probe.kind === 'ended') endWith(run, instruction, probe.progress);
      else endRefused(run, instruction, probe);
      return undefined;
    }
  }
  const outcome = emulate(run, instruction, decodes(run, instruction));
  if (outcome.progress.kind === 'ok') return outcome.completed;
  if (run.native) relaxPending(run, R.faultMayUpdate);
  endWith(run, instruction, outcome.progress);
  return undefined;
}

/** The part of a plain store on its first page is written although its second page faults, which no processor does. */
function writeFirstPart(run: X86Run, { access, operand }: Instruction): void {
  const info = opInfo(access.op);
  const [piece, second] = pieces(operand, access.width);
  if (piece === undefined || second === undefined || !info.writes || info.reads || info.peer !== 'none') return;
  const target = directTarget(run, piece);
  if (target?.kind !== 'ram') return;
  contentBehind(run, { piece, target }).write(piece.offset, piece.length, extract(storedValue(access), piece));
}

const EMPTY_USE = { length: 0, reads: false, writes: false, fetch: false };

/** The fetch operation: the stub rings the doorbell, zeroes trap, anything else is open. */
export function executeFetch(run: X86Run, instruction: Instruction): 'done' | 'ended' {
  run.pending.length = 0;
  const { vcpu, operand, access } = instruction;
  if (run.native) {
    const probe = probeUses(run, vcpu, usesOf(instruction));
    if (probe.kind === 'ended' || probe.kind === 'host_refuses') {
      relaxPending(run, R.faultMayUpdate);
      if (probe.kind === 'ended') endWith(run, instruction, probe.progress);
      else endRefused(run, instruction, probe);
      return 'ended';
    }
  }
  const { progress, data } = emulateFetch(run, vcpu, operand);
  if (progress.kind !== 'ok') {
    if (run.native) relaxPending(run, R.faultMayUpdate);
    endWith(run, instruction, progress);
    return 'ended';
  }
  const known = (data.known & 0xffffn) === 0xffffn;
  // Where fetches do not run what memory holds, they trap instead of ringing the doorbell and the other way round.
  const runs = run.docket.holds(R.fetchRuns) ? data.value : data.value === 0n ? BigInt(FETCH_STUB) : 0n;
  if (known && runs === BigInt(FETCH_STUB)) return 'done';
  if (known && runs === 0n) {
    exception(run, { ...instruction, access }, R.fetchRuns.id, PF, 2 | (run.user ? 4 : 0), GVA.trap);
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
  exception(run, instruction, R.alignmentFault.id, GP, 0, 0);
  return true;
}

/** Operands of element `index` of a rep form. */
export function elementOf(instruction: Instruction, index: number): Instruction {
  const step = index * instruction.access.width;
  return { ...instruction, operand: advance(instruction.operand, step), peer: advance(instruction.peer, step) };
}
