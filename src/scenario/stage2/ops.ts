/** The guest's access operations. Each is one labelled instruction of the payload. Names are distinct across architectures. */
import { ARM_OPS } from './ops/arm64.js';
import type { OpInfo } from './ops/info.js';
import { X86_OPS } from './ops/x86.js';

export type { OpInfo } from './ops/info.js';

export type X86Op = keyof typeof X86_OPS;
export type ArmOp = keyof typeof ARM_OPS;
export type Op = X86Op | ArmOp;

/** In the order of their numbers on the wire. */
export const X86_OP_NAMES = Object.keys(X86_OPS) as X86Op[];
export const ARM_OP_NAMES = Object.keys(ARM_OPS) as ArmOp[];

const OPS: Readonly<Record<Op, OpInfo>> = { ...X86_OPS, ...ARM_OPS };

/** Looks an operation up. */
export function opInfo(op: Op): OpInfo {
  return OPS[op];
}

/** Operations that jump to the stub in the page. */
export function isFetch(op: Op): boolean {
  return op === 'fetch' || op === 'blr';
}

/** Operations that compare with the step's comparand. */
export function isCompare(op: Op): boolean {
  return op === 'cmpxchg' || op === 'cmpxchg16b' || op === 'cas';
}
