/** What an operation computes: the value it stores and the registers it leaves, from the value it read. */
import type { Masked } from '../../expectation.js';
import type { Op } from '../../../scenario/stage2/ops.js';
import type { Access } from '../../../scenario/stage2/steps.js';
import { byteMask, exactly, UNKNOWN, WORD_MASK } from '../masked.js';
import { operandValue } from '../operand.js';

const ZF = 1n << 6n;
const CF = 1n << 0n;

/** Registers at the doorbell and what goes to memory. Undefined parts are not predicted. */
export interface Result {
  readonly store: Masked | undefined;
  readonly rax: Masked;
  readonly rdx: Masked;
  readonly rflags: Masked;
  /** cmpxchg only: undefined when not known. */
  readonly matched?: boolean | undefined;
}

/** What a plain store writes. */
export function storedValue(access: Access): Masked {
  return { value: operandValue(BigInt(access.value), access.width), known: byteMask(access.width) };
}

/** Puts `width` bytes into a register that held `before`, as MOV and XCHG do. */
export function mergeRegister(before: bigint, data: Masked, width: number): Masked {
  const mask = byteMask(width);
  if (width >= 4) return { value: data.value & mask, known: data.known | (WORD_MASK & ~mask) };
  return {
    value: (before & WORD_MASK & ~mask) | (data.value & mask),
    known: (data.known & mask) | (WORD_MASK & ~mask),
  };
}

function signExtend(data: Masked, width: number): Masked {
  const bits = BigInt(8 * width);
  const sign = 1n << (bits - 1n);
  if ((data.known & sign) === 0n) return { value: data.value, known: data.known };
  const high = WORD_MASK & ~byteMask(width);
  return { value: (data.value & sign) === 0n ? data.value : data.value | high, known: data.known | high };
}

/** RAX after a load. `asItShould`: false swaps leaving the rest of the register alone with extending. */
export function loadResult(op: Op, access: Access, data: Masked, asItShould: boolean): Masked {
  if (!asItShould) return mergeWrongly(op, access, data);
  switch (op) {
    case 'load':
      return mergeRegister(BigInt(access.value), data, access.width);
    case 'load_zx':
      return { value: data.value, known: data.known | (WORD_MASK & ~byteMask(access.width)) };
    case 'load_sx':
      return signExtend(data, access.width);
    default:
      return UNKNOWN;
  }
}

function mergeWrongly(op: Op, access: Access, data: Masked): Masked {
  const { width } = access;
  if (op === 'load' && width < 4) return { value: data.value, known: data.known | (WORD_MASK & ~byteMask(width)) };
  const kept = WORD_MASK & ~byteMask(width);
  return { value: (BigInt(access.value) & kept) | (data.value & ~kept), known: data.known | kept };
}

function flags(set: bigint, known: bigint): Masked {
  return { value: set, known };
}

function zeroFlag(data: Masked, mask: bigint): Masked {
  if ((data.value & data.known & mask) !== 0n) return flags(0n, ZF);
  return (data.known & mask) === mask ? flags(ZF, ZF) : UNKNOWN;
}

function compareExchange(access: Access, old: Masked, comparand: bigint): Result {
  const { width } = access;
  const mask = byteMask(width);
  const wanted = comparand & mask;
  const differs = ((old.value ^ wanted) & old.known & mask) !== 0n;
  const matched = differs ? false : (old.known & mask) === mask ? true : undefined;
  if (matched === undefined) {
    return { store: { value: 0n, known: 0n }, rax: UNKNOWN, rdx: UNKNOWN, rflags: UNKNOWN, matched };
  }
  const value = operandValue(BigInt(access.value), width);
  const rflags = flags(matched ? ZF : 0n, ZF);
  const store = matched ? { value, known: mask } : old;
  if (width === 16) {
    const low = matched ? exactly(wanted & WORD_MASK) : { value: old.value & WORD_MASK, known: old.known & WORD_MASK };
    const high = matched ? exactly(wanted >> 64n) : { value: old.value >> 64n, known: old.known >> 64n };
    return { store, rax: low, rdx: high, rflags, matched };
  }
  // Whether a matching 32-bit comparison clears the upper half of RAX differs between processors.
  const rax = matched
    ? { value: comparand & WORD_MASK, known: width === 4 ? mask : WORD_MASK }
    : mergeRegister(comparand, old, width);
  return { store, rax, rdx: UNKNOWN, rflags, matched };
}

function add(old: Masked, value: bigint, mask: bigint): Result {
  if ((old.known & mask) !== mask)
    return { store: { value: 0n, known: 0n }, rax: UNKNOWN, rdx: UNKNOWN, rflags: UNKNOWN };
  const sum = (old.value & mask) + (value & mask);
  const store = { value: sum & mask, known: mask };
  const set = ((sum & mask) === 0n ? ZF : 0n) | (sum > mask ? CF : 0n);
  return { store, rax: exactly(value & WORD_MASK), rdx: UNKNOWN, rflags: flags(set, ZF | CF) };
}

function bitTestAndSet(access: Access, old: Masked): Result {
  const bit = BigInt(access.value) & BigInt(8 * access.width - 1);
  const mask = 1n << bit;
  const carry = (old.known & mask) === 0n ? UNKNOWN : flags((old.value & mask) === 0n ? 0n : CF, CF);
  const store = { value: old.value | mask, known: old.known | mask };
  return { store, rax: UNKNOWN, rdx: UNKNOWN, rflags: carry };
}

/** Result of a read-modify-write on the value it read. */
export function updateResult(access: Access, old: Masked, comparand: bigint): Result {
  const mask = byteMask(access.width);
  const value = BigInt(access.value);
  switch (access.op) {
    case 'xchg':
      return {
        store: { value: value & mask, known: mask },
        rax: mergeRegister(value, old, access.width),
        rdx: UNKNOWN,
        rflags: UNKNOWN,
      };
    case 'cmpxchg':
    case 'cmpxchg16b':
      return compareExchange(access, old, comparand);
    case 'lock_add':
      return add(old, value, mask);
    case 'lock_or': {
      const store = { value: old.value | (value & mask), known: old.known | (value & mask) };
      return { store, rax: UNKNOWN, rdx: UNKNOWN, rflags: zeroFlag(store, mask) };
    }
    case 'lock_and': {
      const store = { value: old.value & value & mask, known: (old.known | ~value) & mask };
      return { store, rax: UNKNOWN, rdx: UNKNOWN, rflags: zeroFlag(store, mask) };
    }
    case 'lock_bts':
      return bitTestAndSet(access, old);
    default:
      throw new Error(`HARNESS: ${access.op} is no read-modify-write`);
  }
}
