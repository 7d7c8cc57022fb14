/** KVM's instruction emulator: one operand at a time, memory through the host's mapping, everything else through exits. */
import type { Masked } from '../expectation.js';
import { markDirty } from './dirt.js';
import { touchHost, type HostResult } from './host.js';
import { byteMask, exactly } from './masked.js';
import { assemble, contentBehind, extract, pieces, type Located, type Operand, type Piece } from './operand.js';
import { R } from './rules/index.js';
import type { Run } from './run.js';
import { homeGpa, type RegionState } from './state.js';
import { walk, type Intent } from './walk.js';

/** How an instruction, or a part of it, went. */
export type Progress =
  | { readonly kind: 'ok' }
  | { readonly kind: 'fault'; readonly errorCode: number; readonly piece: Piece }
  | { readonly kind: 'emulation_failure' }
  | { readonly kind: 'open' };

export const OK: Progress = { kind: 'ok' };
export const OPEN: Progress = { kind: 'open' };
export const EMULATION_FAILURE: Progress = { kind: 'emulation_failure' };

/** Part of an operand that leaves the guest as MMIO. */
interface Fragment {
  readonly piece: Piece;
  readonly gpa: number;
}

const CHUNK = 8;

/** Finds what is behind a piece; a fault or an open outcome otherwise. */
export function locate(run: Run, vcpu: 0 | 1, piece: Piece, intent: Intent): Located | Progress {
  if (piece.place === 'scratch') return { piece, target: undefined };
  const result = walk(run, vcpu, piece.place, piece.page, intent);
  switch (result.kind) {
    case 'target':
      return { piece, target: result.target };
    case 'fault':
      return { kind: 'fault', errorCode: result.errorCode, piece };
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

/** An emulated access that the host's mapping refuses turns into MMIO. */
function refused(run: Run, result: HostResult): void {
  run.docket.holds(result === 'poisoned' ? R.poisonEmulated : R.hostProtectionEmulated);
}

/** Next answer of the MMIO script, cut to `length` bytes. */
function nextRead(run: Run, length: number): bigint {
  const { reads } = run.machine.config.none;
  const index = Math.min(run.machine.mmioReads, reads.length - 1);
  run.machine.mmioReads++;
  return BigInt(reads[index] ?? '0x0') & byteMask(length);
}

/** The exits of one fragment, from the low address up. */
function exits(run: Run, vcpu: 0 | 1, fragment: Fragment, write: Masked | undefined, ruleId: string): Masked {
  let data: Masked = { value: 0n, known: 0n };
  const { piece, gpa } = fragment;
  if (piece.length > CHUNK) run.docket.holds(R.eightByteChunks);
  for (let done = 0; done < piece.length; done += CHUNK) {
    const len = Math.min(CHUNK, piece.length - done);
    const chunk = { ...piece, before: done, length: len };
    const sent = write === undefined ? exactly(nextRead(run, len)) : extract(write, chunk);
    run.events.push({ kind: 'mmio', rule: ruleId, vcpu, write: write !== undefined, gpa: gpa + done, len, data: sent });
    data = assemble(data, { value: sent.value, known: sent.known & byteMask(len) }, chunk);
  }
  return data;
}

/** Reads an operand. Undefined `data` comes with an ending other than ok. */
export function emulateRead(
  run: Run,
  vcpu: 0 | 1,
  operand: Operand,
  length: number,
): { progress: Progress; data: Masked } {
  let data: Masked = { value: 0n, known: 0n };
  const fragments: Fragment[] = [];
  const parts = pieces(operand, length);
  for (const piece of parts) {
    const found = locate(run, vcpu, piece, { write: false, fetch: false });
    if (!isLocated(found)) return { progress: found, data };
    const { target } = found;
    if (target?.kind === 'mmio') {
      run.docket.holds(R.noSlotExits);
      fragments.push({ piece, gpa: target.gpa + piece.offset });
      continue;
    }
    if (target !== undefined) {
      const result = touchHost(run, target.region, target.page, false, vcpu);
      if (run.machine.lost) return { progress: OPEN, data };
      if (result !== 'ok') {
        refused(run, result);
        fragments.push({ piece, gpa: slotGpa(target.region, piece) });
        continue;
      }
      run.docket.holds(R.emulatedReadClean);
      if (target.region.slot.flags.readonly) run.docket.holds(R.readonlyReads);
    }
    data = assemble(data, contentBehind(run, found).read(piece.offset, piece.length), piece);
  }
  if (parts.length > 1 && fragments.length > 0) run.docket.holds(R.splitAtPage);
  for (const fragment of fragments) {
    run.docket.holds(R.readData);
    const part = exits(run, vcpu, fragment, undefined, R.noSlotExits.id);
    data = assemble(data, part, fragment.piece);
  }
  return { progress: OK, data };
}

/** Why a write to a piece of slot memory leaves as MMIO; undefined: it does not. */
function writeRefusal(run: Run, vcpu: 0 | 1, region: RegionState, page: number): 'readonly' | HostResult | undefined {
  if (region.slot.flags.readonly) {
    run.docket.holds(R.readonlyNoUserfault);
    run.docket.holds(R.readonlyClean);
    run.docket.holds(R.readonlyKeeps);
    return run.docket.holds(R.readonlyWriteExits) ? 'readonly' : undefined;
  }
  const result = touchHost(run, region, page, true, vcpu);
  return result === 'ok' ? undefined : result;
}

/** Writes an operand. `locked`: a compare-and-exchange of the host carries it out where it can. */
export function emulateWrite(
  run: Run,
  vcpu: 0 | 1,
  operand: Operand,
  length: number,
  data: Masked,
  locked: boolean,
): Progress {
  const fragments: { fragment: Fragment; rule: string }[] = [];
  const parts = pieces(operand, length);
  for (const piece of parts) {
    const found = locate(run, vcpu, piece, { write: true, fetch: false });
    if (!isLocated(found)) {
      if (piece.before > 0 && found.kind === 'fault') run.docket.holds(R.partialSplit);
      return found;
    }
    const { target } = found;
    if (target?.kind === 'mmio') {
      run.docket.holds(R.noSlotExits);
      fragments.push({ fragment: { piece, gpa: target.gpa + piece.offset }, rule: R.noSlotExits.id });
      continue;
    }
    if (target !== undefined) {
      const refusal = writeRefusal(run, vcpu, target.region, target.page);
      if (run.machine.lost) return OPEN;
      if (refusal !== undefined) {
        if (refusal !== 'readonly' && refusal !== 'ok') {
          refused(run, refusal);
          if (locked && parts.length === 1 && length <= CHUNK) return EMULATION_FAILURE;
        }
        const rule = refusal === 'readonly' ? R.readonlyWriteExits : R.hostProtectionEmulated;
        fragments.push({ fragment: { piece, gpa: slotGpa(target.region, piece) }, rule: rule.id });
        continue;
      }
      markDirty(run, target.region, target.page, R.writeMarks, true, vcpu);
    }
    if (run.docket.holds(R.storeContent)) {
      contentBehind(run, found).write(piece.offset, piece.length, extract(data, piece));
    }
  }
  if (parts.length > 1 && fragments.length > 0) run.docket.holds(R.splitAtPage);
  for (const { fragment, rule } of fragments) {
    run.docket.holds(R.writeData);
    exits(run, vcpu, fragment, extract(data, fragment.piece), rule);
  }
  return OK;
}

/** Reads the fetch stub's two bytes. */
export function emulateFetch(run: Run, vcpu: 0 | 1, operand: Operand): { progress: Progress; data: Masked } {
  const none: Masked = { value: 0n, known: 0n };
  const [piece] = pieces(operand, 2);
  if (piece === undefined) return { progress: OPEN, data: none };
  const found = locate(run, vcpu, piece, { write: false, fetch: true });
  if (!isLocated(found)) return { progress: found, data: none };
  const { target } = found;
  if (target?.kind === 'mmio') {
    run.docket.holds(R.fetchFails);
    return { progress: EMULATION_FAILURE, data: none };
  }
  if (target !== undefined) {
    const result = touchHost(run, target.region, target.page, false, vcpu);
    if (run.machine.lost) return { progress: OPEN, data: none };
    if (result !== 'ok') {
      refused(run, result);
      return { progress: EMULATION_FAILURE, data: none };
    }
    if (target.region.slot.flags.readonly) run.docket.holds(R.readonlyReads);
  }
  return { progress: OK, data: contentBehind(run, found).read(piece.offset, piece.length) };
}
