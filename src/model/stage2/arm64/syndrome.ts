/** Exception syndromes: what ESR_EL1 says of an abort that the guest takes. */
import type { ArmRun } from './run.js';

/** Exception classes of aborts taken from EL0; from EL1 they are one more. */
const FETCH_ABORT = 0x20;
const DATA_ABORT = 0x24;
const CLASS_SHIFT = 26;
/** Every instruction is of 32 bits. */
const INSTRUCTION_LENGTH = 1 << 25;
const CACHE_OPERATION = 1 << 8;
const WRITE = 1 << 6;

/** Fault status codes; the low bits of the first three are the level. */
const STATUS = { translation: 0x04, accessFlag: 0x08, permission: 0x0c, external: 0x10 } as const;

/** A fault of stage 1. */
export interface Fault {
  readonly kind: 'translation' | 'accessFlag' | 'permission';
  readonly level: 1 | 2 | 3;
}

/** How an instruction accesses memory, as far as a syndrome tells. */
export interface Manner {
  readonly write: boolean;
  readonly fetch: boolean;
  /** Cache maintenance and address translation: their aborts say so, and that they write. */
  readonly maintenance: boolean;
}

/** Fault status of a fault of stage 1. */
export function faultStatus({ kind, level }: Fault): number {
  return STATUS[kind] | level;
}

function syndrome(exceptionClass: number, details: number): number {
  // Not a bit operation: class 0x20 and above are beyond a signed number of 32 bits.
  return exceptionClass * 2 ** CLASS_SHIFT + (INSTRUCTION_LENGTH | details);
}

function abortClass({ user }: ArmRun, fetch: boolean): number {
  return (fetch ? FETCH_ABORT : DATA_ABORT) + (user ? 0 : 1);
}

/** ESR_EL1 of an abort by stage 1. */
export function abortSyndrome(run: ArmRun, fault: Fault, { write, fetch, maintenance }: Manner): number {
  const details = (maintenance ? CACHE_OPERATION : 0) | (write || maintenance ? WRITE : 0);
  return syndrome(abortClass(run, fetch), faultStatus(fault) | (fetch ? 0 : details));
}

/** ESR_EL1 of an External abort that KVM injects. */
export function externalSyndrome(run: ArmRun, fetch: boolean): number {
  return syndrome(abortClass(run, fetch), STATUS.external);
}

/** The bits in which External aborts of walks differ: older kernels do not tell them from others, newer ones give the level. */
export const EXTERNAL_LEVEL = 7;

/** ESR_EL1 of an instruction that is none. */
export const UNDEFINED_SYNDROME = INSTRUCTION_LENGTH;
