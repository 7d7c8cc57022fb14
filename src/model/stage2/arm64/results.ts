/** What an operation computes: the value it stores and the registers it leaves, from the value it read. */
import type { Op } from '../../../scenario/stage2/ops.js';
import type { Access } from '../../../scenario/stage2/steps.js';
import type { Masked } from '../../expectation.js';
import { byteMask, UNKNOWN, WORD_MASK } from '../masked.js';
import { operandValue } from '../operand.js';

const REGISTER = 8;

/** Zeroes above the bytes that were read. */
function zeroExtend(data: Masked, width: number): Masked {
  return { value: data.value, known: data.known | (WORD_MASK & ~byteMask(width)) };
}

/** Copies of the sign above the bytes that were read, up to `to` bytes, and zeroes above these. */
function signExtend(data: Masked, width: number, to: number): Masked {
  const sign = 1n << BigInt(8 * width - 1);
  const high = byteMask(to) & ~byteMask(width);
  const rest = WORD_MASK & ~byteMask(to);
  if ((data.known & sign) === 0n) return { value: data.value, known: data.known | rest };
  const value = (data.value & sign) === 0n ? data.value : data.value | high;
  return { value, known: data.known | high | rest };
}

/** The register after a load of at most 8 bytes. `asItShould`: false extends with the sign where there should be zeroes, and the other way round. */
export function loaded(op: Op, width: number, data: Masked, asItShould: boolean): Masked {
  const signed = op === 'ldrs' || op === 'ldrs_w';
  if (width === REGISTER) return data;
  if (signed !== asItShould) return zeroExtend(data, width);
  return signExtend(data, width, op === 'ldrs_w' ? REGISTER / 2 : REGISTER);
}

/** What a store writes. */
export function storedValue({ op, value, width }: Access): Masked {
  if (op === 'dc_zva') return { value: 0n, known: byteMask(width) };
  return { value: operandValue(BigInt(value), width), known: byteMask(width) };
}

/** What an atomic stores, from what it read. */
export interface Update {
  readonly store: Masked;
  /** `cas` only: whether the comparison matched, if that is known. */
  readonly matched: boolean | undefined;
}

const NOT_KNOWN: Update = { store: UNKNOWN, matched: undefined };

export function updated(access: Access, old: Masked, comparand: bigint): Update {
  const mask = byteMask(access.width);
  const value = BigInt(access.value) & mask;
  const known = (old.known & mask) === mask;
  if (access.op === 'ldadd') {
    return known ? { store: { value: (old.value + value) & mask, known: mask }, matched: undefined } : NOT_KNOWN;
  }
  if (access.op !== 'cas') return { store: { value, known: mask }, matched: undefined };
  const wanted = comparand & mask;
  if (((old.value ^ wanted) & old.known & mask) !== 0n) return { store: old, matched: false };
  return known ? { store: { value, known: mask }, matched: true } : NOT_KNOWN;
}

/** The old value that an atomic returns in a register. */
export function oldValue(data: Masked, width: number): Masked {
  return zeroExtend(data, width);
}
