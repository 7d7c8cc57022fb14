/** How an instruction ends that does not complete, and what it leaves. */
import { GVA, PAGE_SIZE } from '../../../scenario/stage2/layout.js';
import { opInfo } from '../../../scenario/stage2/ops.js';
import type { Access } from '../../../scenario/stage2/steps.js';
import { directTarget } from '../direct.js';
import { markDirty } from '../dirt.js';
import { contentBehind, extract, pieces, type Operand, type Piece } from '../operand.js';
import { pageIndex, type Place } from '../place.js';
import { R } from '../rules/index.js';
import type { Progress } from './emulator.js';
import { storedValue } from './results.js';
import type { X86Run } from './run.js';

const UD = 6;
const GP = 13;
const PF = 14;
const INTERNAL_EMULATION = 1;
const EFAULT = 14;

/** Virtual address of a byte of a test page. */
function gvaOf(run: X86Run, place: Place, page: number, offset: number): number {
  const base = place === 'pt' ? GVA.ptAlias : GVA[place];
  return base + pageIndex(run, place, page) * PAGE_SIZE + offset;
}

export function pageFault(run: X86Run, vcpu: 0 | 1, rule: string, errorCode: number, cr2: number): void {
  run.events.push({ kind: 'exception', rule, vcpu, vector: PF, errorCode, cr2, ripOffset: 0 });
}

/** #GP(0) of a misaligned operand. */
export function alignmentFault(run: X86Run, vcpu: 0 | 1): void {
  const rule = R.alignmentFault.id;
  run.events.push({ kind: 'exception', rule, vcpu, vector: GP, errorCode: 0, cr2: 0, ripOffset: 0 });
}

/** The instruction faults, or KVM cannot emulate it. */
export function endWith(run: X86Run, vcpu: 0 | 1, progress: Progress): void {
  if (progress.kind === 'fault') {
    const { piece } = progress;
    const present = (progress.errorCode & 1) === 1;
    const cr2 = piece.place === 'scratch' ? 0 : gvaOf(run, piece.place, piece.page, piece.offset);
    pageFault(run, vcpu, (present ? R.writeProtected : R.notPresent).id, progress.errorCode, cr2);
  } else if (progress.kind === 'emulation_failure') {
    const rule = progress.rule.id;
    if (raisesInvalidOpcode(run)) {
      const nothing = { errorCode: undefined, cr2: 0, ripOffset: 0 } as const;
      run.events.push({ kind: 'exception', rule, vcpu, vector: UD, ...nothing });
    } else run.events.push({ kind: 'internal_error', rule, vcpu, suberror: INTERNAL_EMULATION });
  }
}

/** What KVM cannot emulate is an invalid opcode to the guest, and not userspace's business. */
function raisesInvalidOpcode(run: X86Run): boolean {
  const { user, kernel } = run.profile.ops.fetch;
  return (run.user ? user : kernel).mmio === 'invalid_opcode' && run.docket.holds(R.undecodedUser);
}

/** The host refuses the processor's access to a page. */
export function endRefused(run: X86Run, vcpu: 0 | 1, poisoned: boolean, piece: Piece): void {
  if (poisoned) {
    const target = directTarget(run, piece);
    const readonly = target?.kind === 'ram' && target.region.slot.flags.readonly;
    const rule = readonly ? R.readonlyPoison : R.answerPoison;
    // Where the address is wrong, it is that of another region's page.
    const region = piece.place === 'scratch' ? 'data' : readonly && !run.docket.holds(rule) ? 'pt' : piece.place;
    run.events.push({ kind: 'sigbus', rule: rule.id, vcpu, region, page: piece.page });
  } else if (run.profile.memoryFaultExit) {
    run.events.push({ kind: 'memory_fault', rule: R.hostProtection.id, vcpu, errno: EFAULT });
  } else run.events.push({ kind: 'run_error', rule: R.hostProtection.id, vcpu, errno: EFAULT });
}

/** What a plain store leaves on its first page when its second page faults: nothing on most processors. */
export function leaveFirstPart(run: X86Run, vcpu: 0 | 1, access: Access, operand: Operand, faulting: Piece): void {
  const info = opInfo(access.op);
  if (!info.writes || info.reads || info.peer !== 'none' || faulting.before === 0) return;
  const [piece] = pieces(operand, access.width);
  const done = firstPart(run, access, faulting.before);
  if (piece === undefined || done === 0) return;
  const target = directTarget(run, piece);
  if (target?.kind !== 'ram') return;
  const { region, page } = target;
  markDirty(run, region, page, R.writeMarks, true, vcpu);
  contentBehind(run, { piece, target }).write(
    piece.offset,
    done,
    extract(storedValue(access), { ...piece, length: done }),
  );
}

/** How many of the bytes on the first page are written. */
function firstPart(run: X86Run, { width }: Access, onFirst: number): number {
  const { storesAtOnce } = run.profile;
  const parts = onFirst - (onFirst % storesAtOnce);
  if (width > storesAtOnce && run.docket.holds(R.tornStore)) return parts;
  return run.docket.holds(R.faultNoEffect) ? 0 : onFirst;
}
