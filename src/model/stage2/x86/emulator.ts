/** KVM's instruction emulator: one operand at a time, memory through the host's mapping, everything else through exits. */
import type { Masked } from '../../expectation.js';
import { FETCH_STUB } from '../../../scenario/stage2/layout.js';
import { markDirty, markFalsely } from '../dirt.js';
import { touchHost, type HostResult } from '../host.js';
import { byteMask, exactly } from '../masked.js';
import { nextRead, unreadable, withoutSlot, wrong } from '../mmio.js';
import { assemble, contentBehind, extract, pieces, type Located, type Operand, type Piece } from '../operand.js';
import { R, type BookRule } from '../rules/index.js';
import type { X86Run } from './run.js';
import { homeGpa, type RegionState } from '../state.js';
import { walk, type Intent } from './walk.js';

/** How an instruction, or a part of it, went. */
export type Progress =
  | { readonly kind: 'ok' }
  | { readonly kind: 'fault'; readonly errorCode: number; readonly piece: Piece }
  /** The host refuses the processor's access to this page of the page tables. */
  | { readonly kind: 'refused'; readonly poisoned: boolean; readonly piece: Piece }
  | { readonly kind: 'emulation_failure'; readonly rule: BookRule }
  | { readonly kind: 'open' };

export const OK: Progress = { kind: 'ok' };
export const OPEN: Progress = { kind: 'open' };

export function emulationFailure(rule: BookRule): Progress {
  return { kind: 'emulation_failure', rule };
}

/** Part of an operand that leaves the guest as MMIO. */
interface Fragment {
  readonly piece: Piece;
  readonly gpa: number;
  /** Undefined: it does not leave, because its rule is broken. */
  readonly rule: BookRule | undefined;
}

const CHUNK = 8;

/** Finds what is behind a piece; a fault or an open outcome otherwise. */
export function locate(run: X86Run, vcpu: 0 | 1, piece: Piece, intent: Intent): Located | Progress {
  if (piece.place === 'scratch') return { piece, target: undefined };
  const result = walk(run, vcpu, piece.place, piece.page, intent);
  switch (result.kind) {
    case 'target':
      return { piece, target: result.target };
    case 'fault':
      return { kind: 'fault', errorCode: result.errorCode, piece };
    case 'refused':
      return { kind: 'refused', poisoned: result.poisoned, piece: { ...piece, place: 'pt', ...result.table } };
    case 'open':
      return OPEN;
  }
}

export function isLocated(found: Located | Progress): found is Located {
  return 'target' in found;
}

/** Guest-physical address of a piece whose slot is where it belongs. */
function slotGpa(region: RegionState, piece: Piece): number {
  return homeGpa(region.name, region.first + piece.page) + piece.offset;
}

/** The rule by which an emulated access that the host's mapping refuses turns into MMIO, if it does. */
function refused(run: X86Run, result: HostResult): BookRule | undefined {
  if (result === 'ok') return undefined;
  const rule = result === 'poisoned' ? R.poisonEmulated : R.hostProtectionEmulated;
  return run.docket.holds(rule) ? rule : undefined;
}

/** The exits of one fragment, from the low address up. */
function exits(run: X86Run, vcpu: 0 | 1, fragment: Fragment, write: Masked | undefined): Masked {
  let data: Masked = { value: 0n, known: 0n };
  const { piece, gpa, rule } = fragment;
  const most = piece.length <= CHUNK || run.docket.holds(R.eightByteChunks) ? CHUNK : piece.length;
  for (let done = 0; done < piece.length; done += most) {
    const len = Math.min(most, piece.length - done);
    const chunk = { ...piece, before: done, length: len };
    const sent = write === undefined ? exactly(nextRead(run, len)) : extract(write, chunk);
    const event = { kind: 'mmio', vcpu, write: write !== undefined, gpa: gpa + done, len, data: sent } as const;
    if (rule !== undefined) run.events.push({ ...event, rule: rule.id });
    data = assemble(data, { value: sent.value, known: sent.known & byteMask(len) }, chunk);
  }
  return data;
}

/** Where a broken rule says that operands are not split, the exit names all of the operand. */
function unsplit(run: X86Run, parts: readonly Piece[], fragment: Fragment, length: number): Fragment {
  if (parts.length === 1 || run.docket.holds(R.splitAtPage)) return fragment;
  return { ...fragment, piece: { ...fragment.piece, before: 0, length } };
}

/** Reads an operand; `asWrite`: the host is asked for memory to write. Anything but ok comes without all of `data`. */
export function emulateRead(
  run: X86Run,
  vcpu: 0 | 1,
  operand: Operand,
  length: number,
  asWrite = false,
): { progress: Progress; data: Masked } {
  let data: Masked = { value: 0n, known: 0n };
  const fragments: Fragment[] = [];
  const parts = pieces(operand, length);
  for (const piece of parts) {
    const found = locate(run, vcpu, piece, { write: false, fetch: false });
    if (!isLocated(found)) return { progress: found, data };
    const { target } = found;
    if (target?.kind === 'mmio') {
      fragments.push({ piece, gpa: target.gpa + piece.offset, rule: withoutSlot(run) });
      continue;
    }
    if (target !== undefined) {
      const { region, page } = target;
      const result = touchHost(run, region, page, asWrite, vcpu);
      if (run.machine.lost) return { progress: OPEN, data };
      const rule = refused(run, result) ?? unreadable(run, region.slot.flags.readonly);
      if (rule !== undefined) {
        fragments.push({ piece, gpa: slotGpa(region, piece), rule });
        continue;
      }
      if (!run.docket.holds(R.emulatedReadClean)) markFalsely(region, page, R.emulatedReadClean);
    }
    data = assemble(data, contentBehind(run, found).read(piece.offset, piece.length), piece);
  }
  for (const fragment of fragments) {
    const part = exits(run, vcpu, unsplit(run, parts, fragment, length), undefined);
    data = assemble(data, run.docket.holds(R.readData) ? part : wrong(part), fragment.piece);
  }
  return { progress: OK, data };
}

/** The rule by which a write to a piece of slot memory leaves as MMIO; undefined: it does not. */
function writeRefusal(
  run: X86Run,
  vcpu: 0 | 1,
  region: RegionState,
  page: number,
  locked: boolean,
): BookRule | undefined {
  if (!region.slot.flags.readonly) return refused(run, touchHost(run, region, page, true, vcpu));
  if (!run.docket.holds(R.readonlyNoUserfault)) touchHost(run, region, page, true, vcpu);
  if (!run.docket.holds(R.readonlyClean)) markFalsely(region, page, R.readonlyClean);
  if (!run.docket.holds(R.readonlyWriteExits)) return undefined;
  return locked ? R.readonlyUpdate : R.readonlyWriteExits;
}

/** The host would carry out a locked operation, and cannot. */
function refusesLocked(rule: BookRule): boolean {
  return rule === R.hostProtectionEmulated || rule === R.poisonEmulated;
}

/**
 * What is behind a part whose address the processor's own fault has named: KVM does not look again whether the guest may write there.
 * It only walks the tables for the first byte, because the host's compare-and-exchange would need its address.
 */
function locateNamed(run: X86Run, vcpu: 0 | 1, named: Located): Located | Progress {
  const trusts = run.docket.holds(R.faultAddressTrusted);
  if (trusts && named.piece.before > 0) return named;
  const found = locate(run, vcpu, named.piece, { write: true, fetch: false });
  return trusts && (isLocated(found) || found.kind === 'fault') ? named : found;
}

/**
 * Writes an operand. `locked`: a compare-and-exchange of the host carries it out where it can. `named`: the part whose address KVM
 * has from the processor's fault.
 */
export function emulateWrite(
  run: X86Run,
  vcpu: 0 | 1,
  operand: Operand,
  length: number,
  data: Masked,
  locked: boolean,
  named?: Located,
): Progress {
  const fragments: Fragment[] = [];
  const parts = pieces(operand, length);
  /** The first of two parts and what it held. */
  let written: { readonly located: Located; readonly before: Masked } | undefined;
  for (const piece of parts) {
    const found =
      piece.before === named?.piece.before
        ? locateNamed(run, vcpu, named)
        : locate(run, vcpu, piece, { write: true, fetch: false });
    if (!isLocated(found)) {
      const partly = piece.before === 0 || found.kind !== 'fault' || run.docket.holds(R.partialSplit);
      if (!partly && written !== undefined) write(run, written.located, written.before);
      return found;
    }
    const { target } = found;
    if (target?.kind === 'mmio') {
      const rule = withoutSlot(run);
      fragments.push({ piece, gpa: target.gpa + piece.offset, rule: rule && locked ? R.updateReadsThenWrites : rule });
      continue;
    }
    if (target !== undefined) {
      const rule = writeRefusal(run, vcpu, target.region, target.page, locked);
      if (run.machine.lost) return OPEN;
      if (rule !== undefined) {
        if (locked && refusesLocked(rule) && parts.length === 1 && length <= CHUNK) return emulationFailure(rule);
        fragments.push({ piece, gpa: slotGpa(target.region, piece), rule });
        if (!target.region.slot.flags.readonly || run.docket.holds(R.readonlyKeeps)) continue;
      } else markDirty(run, target.region, target.page, R.writeMarks, true, vcpu);
    }
    if (!run.docket.holds(R.storeContent)) continue;
    if (parts.length > 1) written ??= { located: found, before: read(run, found) };
    write(run, found, extract(data, piece));
  }
  for (const fragment of fragments) {
    const whole = unsplit(run, parts, fragment, length);
    const sent = extract(data, whole.piece);
    exits(run, vcpu, whole, run.docket.holds(R.writeData) ? sent : wrong(sent));
  }
  return OK;
}

function read(run: X86Run, located: Located): Masked {
  return contentBehind(run, located).read(located.piece.offset, located.piece.length);
}

function write(run: X86Run, located: Located, data: Masked): void {
  contentBehind(run, located).write(located.piece.offset, located.piece.length, data);
}

/** Reads the fetch stub's two bytes. */
export function emulateFetch(run: X86Run, vcpu: 0 | 1, operand: Operand): { progress: Progress; data: Masked } {
  const none: Masked = { value: 0n, known: 0n };
  const [piece] = pieces(operand, 2);
  if (piece === undefined) return { progress: OPEN, data: none };
  const found = locate(run, vcpu, piece, { write: false, fetch: true });
  if (!isLocated(found)) return { progress: found, data: none };
  const { target } = found;
  if (target?.kind === 'mmio') {
    if (run.docket.holds(R.fetchFails)) return { progress: emulationFailure(R.fetchFails), data: none };
    return { progress: OK, data: exactly(BigInt(FETCH_STUB)) };
  }
  if (target !== undefined) {
    const result = touchHost(run, target.region, target.page, false, vcpu);
    if (run.machine.lost) return { progress: OPEN, data: none };
    const rule = refused(run, result) ?? unreadable(run, target.region.slot.flags.readonly);
    if (rule !== undefined) return { progress: emulationFailure(rule), data: none };
  }
  return { progress: OK, data: contentBehind(run, found).read(piece.offset, piece.length) };
}
