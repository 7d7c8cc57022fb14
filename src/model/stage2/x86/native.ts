/** The processor runs the instruction; KVM steps in where a translation or the memory behind it is missing. */
import { markDirty } from '../dirt.js';
import { isLocated, locate, OPEN, type Progress } from './emulator.js';
import { touchHost } from '../host.js';
import { pieces, type Located, type Operand, type Piece } from '../operand.js';
import { R } from '../rules/index.js';
import type { X86Run } from './run.js';
import type { Intent } from './walk.js';

/** One memory operand of an instruction, with what the instruction does to it. */
export interface Use {
  readonly operand: Operand;
  readonly length: number;
  readonly reads: boolean;
  readonly writes: boolean;
  readonly fetch: boolean;
}

export type Probe =
  /** Everything is in place: the instruction completes on the processor. */
  | { readonly kind: 'ready' }
  /** KVM has to emulate the whole instruction. `readAt`: because this part of it reads where no memory is. */
  | { readonly kind: 'emulate'; readonly readAt: Located | undefined }
  | { readonly kind: 'ended'; readonly progress: Progress }
  | { readonly kind: 'host_refuses'; readonly poisoned: boolean; readonly piece: Piece };

const READY: Probe = { kind: 'ready' };
const EMULATE: Probe = { kind: 'emulate', readAt: undefined };

/** Faults one piece in, as the access does. */
function faultIn(run: X86Run, vcpu: 0 | 1, located: Located, use: Use): Probe {
  const { target } = located;
  if (target === undefined) return READY;
  if (target.kind === 'mmio') return use.writes ? EMULATE : { kind: 'emulate', readAt: located };
  const { region, page } = target;
  if (use.writes && region.slot.flags.readonly) {
    if (!run.docket.holds(R.readonlyNoUserfault)) touchHost(run, region, page, true, vcpu);
    return EMULATE;
  }
  const result = touchHost(run, region, page, use.writes, vcpu);
  if (run.machine.lost) return { kind: 'ended', progress: OPEN };
  if (result !== 'ok' && run.docket.holds(result === 'poisoned' ? R.answerPoison : R.hostProtection)) {
    return { kind: 'host_refuses', poisoned: result === 'poisoned', piece: located.piece };
  }
  if (use.writes) markDirty(run, region, page, R.writeMarks, true, vcpu);
  else {
    if (region.slot.flags.readonly && !run.docket.holds(R.readonlyReads)) return EMULATE;
    markDirty(run, region, page, R.readMayMark, false, vcpu);
  }
  return READY;
}

function refusedTable({ poisoned, piece }: Extract<Progress, { kind: 'refused' }>): Probe {
  return { kind: 'host_refuses', poisoned, piece };
}

/** Translates and faults in every operand, in the order in which the instruction touches them. */
export function probeUses(run: X86Run, vcpu: 0 | 1, uses: readonly Use[]): Probe {
  for (const use of uses) {
    const intent: Intent = { write: use.writes, fetch: use.fetch };
    for (const piece of pieces(use.operand, use.length)) {
      const found = locate(run, vcpu, piece, intent);
      if (!isLocated(found)) return found.kind === 'refused' ? refusedTable(found) : { kind: 'ended', progress: found };
      const probe = faultIn(run, vcpu, found, use);
      if (probe.kind !== 'ready') return probe;
    }
  }
  return READY;
}
