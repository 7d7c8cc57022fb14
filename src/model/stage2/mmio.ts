import type { Masked } from '../expectation.js';
import { byteMask } from './masked.js';
import { R, type BookRule } from './rules/index.js';
import type { Run } from './run.js';

/** Next answer of the MMIO script, cut to `length` bytes. */
export function nextRead(run: Run, length: number): bigint {
  const { reads } = run.machine.config.none;
  const index = Math.min(run.machine.mmioReads, reads.length - 1);
  run.machine.mmioReads++;
  return BigInt(reads[index] ?? '0x0') & byteMask(length);
}

/** The rule by which an access to an address without memory exits. */
export function withoutSlot(run: Run): BookRule | undefined {
  return run.docket.holds(R.noSlotExits) ? R.noSlotExits : undefined;
}

/** A broken rule by which a read of a read-only slot exits. */
export function unreadable(run: Run, readonly: boolean): BookRule | undefined {
  return readonly && !run.docket.holds(R.readonlyReads) ? R.readonlyReads : undefined;
}

/** Every known bit is wrong. */
export function wrong({ value, known }: Masked): Masked {
  return { value: ~value & known, known };
}
