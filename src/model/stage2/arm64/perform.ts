/** One instruction of the guest: its accesses in order, what KVM emulates of it, and how it ends. */
import { ARM_FETCH_STUB, ARM_GVA } from '../../../scenario/stage2/arch.js';
import { PAGE_SIZE } from '../../../scenario/stage2/layout.js';
import { opInfo } from '../../../scenario/stage2/ops.js';
import type { Access } from '../../../scenario/stage2/steps.js';
import type { Masked } from '../../expectation.js';
import { comparandOf } from '../comparand.js';
import { directTarget, readDirect, writeDirect } from '../direct.js';
import { byteMask, either, exactly, UNKNOWN, withBit } from '../masked.js';
import { nextRead, wrong } from '../mmio.js';
import { contentBehind, extract, pieces, type Operand } from '../operand.js';
import { pageIndex } from '../place.js';
import { relaxPending } from '../relax.js';
import { R } from '../rules/index.js';
import { loseTrack } from '../run.js';
import type { Instruction, Phase } from './instructions.js';
import { reach, type ArmPiece, type Reach } from './reach.js';
import { loaded, oldValue, storedValue, updated } from './results.js';
import type { ArmRun } from './run.js';
import { abortSyndrome, EXTERNAL_LEVEL, externalSyndrome, UNDEFINED_SYNDROME } from './syndrome.js';

const EFAULT = 14;
const ENOSYS = 38;
const WORD = 8;

/** An access step's instruction at one place. */
export interface Performed {
  readonly access: Access;
  readonly vcpu: 0 | 1;
  readonly operand: Operand;
  readonly how: Instruction;
  /** An edit of a descriptor: the bit that it changes, and to what. */
  readonly edit?: { readonly bit: number; readonly value: boolean };
  /** What a fetch finds in memory that may have turned to zeroes. */
  readonly fetched?: bigint;
}

/** What a completed instruction leaves: registers, and the vector register. */
export interface Completed {
  /** What is reported first: the register loaded, or what an atomic returns. */
  readonly first: Masked;
  /** The second register of a pair. */
  readonly second: Masked;
  /** Status of a store-exclusive. */
  readonly status: Masked;
  readonly vector: Masked | undefined;
  /** `cas`: whether the comparison matched. */
  readonly matched: boolean | undefined;
  /** KVM extended what userspace answered. */
  readonly extended: boolean;
}

export const NOTHING: Completed = {
  first: UNKNOWN,
  second: UNKNOWN,
  status: UNKNOWN,
  vector: undefined,
  matched: undefined,
  extended: false,
};

/** Virtual address of a part of an operand. The alias of the page tables never faults. */
function addressOf(run: ArmRun, { place, page, offset }: ArmPiece): number {
  return place === 'pt' ? 0 : ARM_GVA[place] + pageIndex(run, place, page) * PAGE_SIZE + offset;
}

/** Parts of an operand, by pages of the host: each has its own translation in stage 2. */
function partsOf(operand: Operand, length: number): readonly ArmPiece[] {
  return pieces(operand, length) as readonly ArmPiece[];
}

/** The instruction did not complete on the processor. */
function incomplete(run: ArmRun): void {
  relaxPending(run, R.stateMayUpdate);
}

/** The access aborts by stage 1, or because of the page tables. */
export function takeException(
  run: ArmRun,
  { vcpu, how }: Performed,
  piece: ArmPiece,
  phase: Phase,
  found: Reach,
): void {
  incomplete(run);
  const fetch = how.kind === 'fetch';
  const cr2 = addressOf(run, piece);
  const common = { kind: 'exception', vcpu, vector: 0, cr2, ripOffset: phase.offset } as const;
  if (found.kind === 'aborted') {
    const errorCode = externalSyndrome(run, fetch);
    run.events.push({ ...common, rule: R.walkAbort.id, errorCode, openBits: EXTERNAL_LEVEL });
  } else if (found.kind === 'fault') {
    const manner = { write: phase.write, fetch, maintenance: how.kind === 'maintenance' };
    const errorCode = abortSyndrome(run, found.fault, manner);
    const rule = {
      translation: R.translationFault,
      accessFlag: R.accessFlagFault,
      permission: how.unprivileged && !run.user ? R.unprivileged : R.permissionFault,
    }[found.fault.kind];
    run.events.push({ ...common, rule: rule.id, errorCode });
  }
}

/** The host has no access to the page. */
export function endRefused(run: ArmRun, { vcpu }: Performed, found: Extract<Reach, { kind: 'refused' }>): void {
  incomplete(run);
  const { poisoned, place, page } = found;
  if (poisoned) {
    const target = place === 'none' ? undefined : run.machine.region(place);
    const readonly = target?.slot.flags.readonly === true;
    const rule = readonly && place !== 'pt' ? R.readonlyPoison : R.answerPoison;
    const wrongPlace = rule === R.readonlyPoison && !run.docket.holds(rule);
    const region = wrongPlace ? 'pt' : place;
    run.events.push({ kind: 'sigbus', rule: rule.id, vcpu, region, page });
  } else if (run.profile.memoryFaultExit) {
    run.events.push({ kind: 'memory_fault', rule: R.hostProtection.id, vcpu, errno: EFAULT });
  } else run.events.push({ kind: 'run_error', rule: R.hostProtection.id, vcpu, errno: EFAULT });
}

/** KVM emulates a load or store of one register: userspace answers. */
function exitMmio(
  run: ArmRun,
  { access, vcpu }: Performed,
  write: boolean,
  gpa: number,
  rule: string | undefined,
): Completed {
  const { op, width: len } = access;
  const sent = write ? storedValue(access) : exactly(nextRead(run, len));
  const data = write && !run.docket.holds(R.writeData) ? wrong(sent) : sent;
  if (rule !== undefined) run.events.push({ kind: 'mmio', rule, vcpu, write, gpa, len, data });
  if (write) return NOTHING;
  const mask = byteMask(len);
  const got = { value: sent.value, known: mask };
  const seen = run.docket.holds(R.readData) ? got : { value: ~sent.value & mask, known: mask };
  return { ...NOTHING, first: loaded(op, len, seen, extendsRight(run, access)), extended: len < WORD };
}

function extendsRight(run: ArmRun, { width }: Access): boolean {
  return width === WORD || run.docket.holds(R.registerExtend);
}

/** Nothing answers at an address, or nothing that can be written: KVM emulates the access, or refuses to. */
function withoutMemory(
  run: ArmRun,
  performed: Performed,
  piece: ArmPiece,
  phase: Phase,
  found: Extract<Reach, { kind: 'unbacked' }>,
): Completed | undefined {
  const { access, vcpu, how } = performed;
  const { docket } = run;
  if (how.kind === 'fetch') {
    if (!docket.holds(R.fetchAbort)) return NOTHING;
    incomplete(run);
    const errorCode = externalSyndrome(run, true);
    const cr2 = addressOf(run, piece);
    run.events.push({ kind: 'exception', rule: R.fetchAbort.id, vcpu, vector: 0, errorCode, cr2, ripOffset: 0 });
    return undefined;
  }
  // kvm_handle_guest_abort: nothing is cached of what is no memory.
  if (how.kind === 'maintenance' && !found.slot) return NOTHING;
  if (how.described) {
    // What the syndrome says of an access that only begins or ends here is not what KVM would have to emulate.
    if (piece.length !== access.width) {
      loseTrack(run, R.lost);
      return undefined;
    }
    incomplete(run);
    const completed = exitMmio(run, performed, phase.write, found.gpa, found.rule?.id);
    const keeps = !phase.write || !found.slot || docket.holds(R.readonlyKeeps);
    if (!keeps) writeDirect(run, performed.operand, access.width, storedValue(access));
    return completed;
  }
  if (!docket.holds(R.noSyndrome)) return NOTHING;
  incomplete(run);
  run.events.push({ kind: 'run_error', rule: R.noSyndrome.id, vcpu, errno: ENOSYS });
  return undefined;
}

/** The first part of a store may be written although the second ended it. */
function storePartly(run: ArmRun, { access, operand, how }: Performed): void {
  const [piece, second] = partsOf(operand, access.width);
  if (piece === undefined || second === undefined || how.kind !== 'data' || !opInfo(access.op).writes) return;
  const target = directTarget(run, piece);
  if (target?.kind !== 'ram' || !run.docket.holds(R.partialStore)) return;
  const content = contentBehind(run, { piece, target });
  const before = content.read(piece.offset, piece.length);
  content.write(piece.offset, piece.length, either(before, extract(storedValue(access), piece)));
}

/** Makes every access of the instruction. Undefined: it is over otherwise, and its ending is among the events. */
function makeAccesses(run: ArmRun, performed: Performed, phases: readonly Phase[]): Completed | 'ready' | undefined {
  const { vcpu, operand, how } = performed;
  for (const phase of phases) {
    for (const piece of partsOf(operand, performed.access.width)) {
      const found = reach(run, vcpu, piece, how, phase);
      if (found.kind === 'ready') continue;
      if (piece.before > 0 && phase.write && found.kind !== 'open') storePartly(run, performed);
      switch (found.kind) {
        case 'open':
          return undefined;
        case 'ring_full':
          incomplete(run);
          return undefined;
        case 'refused':
          endRefused(run, performed, found);
          return undefined;
        case 'unbacked':
          return withoutMemory(run, performed, piece, phase, found);
        default:
          takeException(run, performed, piece, phase, found);
          return undefined;
      }
    }
  }
  return 'ready';
}

/** What an atomic or an exclusive pair does when its memory is all in place. */
function completeUpdate(run: ArmRun, { access, operand, edit }: Performed): Completed {
  const { docket } = run;
  const old = readDirect(run, operand, access.width);
  if (edit !== undefined) {
    writeDirect(run, operand, access.width, withBit(old, edit.bit, edit.value));
    return NOTHING;
  }
  const comparand = comparandOf(run, access, operand);
  const { store: result, matched } = updated(access, old, comparand);
  let store = result;
  if (matched === false && !docket.holds(R.failedCas)) store = storedValue(access);
  if (!docket.holds(R.atomicUpdate)) store = old;
  writeDirect(run, operand, access.width, store);
  const first = docket.holds(R.atomicOldValue) ? old : wrong(old);
  const status = access.op === 'stxr' ? exactly(docket.holds(R.exclusive) ? 0n : 1n) : UNKNOWN;
  return { ...NOTHING, first: oldValue(first, access.width), status, matched };
}

function completeLoad(run: ArmRun, { access, operand }: Performed): Completed {
  const { op, width } = access;
  const data = readDirect(run, operand, width);
  const seen = run.docket.holds(R.loadValue) ? data : wrong(data);
  if (op === 'ldr_q') return { ...NOTHING, vector: seen };
  if (width <= WORD) return { ...NOTHING, first: loaded(op, width, seen, extendsRight(run, access)) };
  const half = (before: number): Masked => extract(seen, { ...operand, length: WORD, before });
  return { ...NOTHING, first: half(0), second: half(WORD) };
}

function completeStore(run: ArmRun, { access, operand }: Performed): Completed {
  const zeroes = access.op !== 'dc_zva' || run.docket.holds(R.zeroBlock);
  if (zeroes) writeDirect(run, operand, access.width, storedValue(access));
  return NOTHING;
}

/** The stub returns, zeroes are no instruction, anything else is open. */
function completeFetch(run: ArmRun, { access, vcpu, operand, fetched }: Performed): Completed | undefined {
  const mask = byteMask(access.width);
  const { value, known } =
    fetched === undefined ? readDirect(run, operand, access.width) : { value: fetched, known: mask };
  const stub = BigInt(ARM_FETCH_STUB);
  // Where fetches do not run what memory holds, they trap instead of returning and the other way round.
  const runs = run.docket.holds(R.fetchRuns) ? value : value === 0n ? stub : 0n;
  const whole = known === mask;
  if (whole && runs === stub) return NOTHING;
  if (!whole || runs !== 0n) {
    loseTrack(run, R.lost);
    return undefined;
  }
  const errorCode = UNDEFINED_SYNDROME;
  run.events.push({ kind: 'exception', rule: R.fetchRuns.id, vcpu, vector: 0, errorCode, cr2: 0, ripOffset: 0 });
  return undefined;
}

/** Runs an instruction that accesses data. Undefined: it did not complete, and its ending is among the events. */
export function perform(run: ArmRun, performed: Performed, phases: readonly Phase[]): Completed | undefined {
  run.pending.length = 0;
  const ended = makeAccesses(run, performed, phases);
  if (ended !== 'ready') return ended;
  const { reads, writes } = opInfo(performed.access.op);
  if (performed.how.kind === 'fetch') return completeFetch(run, performed);
  if (reads && writes) return completeUpdate(run, performed);
  if (writes) return completeStore(run, performed);
  return reads ? completeLoad(run, performed) : NOTHING;
}
