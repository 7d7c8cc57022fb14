import type { Arch } from '../../scenario/stage2/arch.js';
import { ARM_OP_NAMES, X86_OP_NAMES, type Op } from '../../scenario/stage2/ops.js';
import { ARM_PTE_LEVELS, X86_PTE_LEVELS, type PteLevel } from '../../scenario/stage2/steps.js';

/** What shrinking aims at on an architecture. */
export interface Plain {
  readonly load: Op;
  readonly store: Op;
  /** All operations, the simplest first. */
  readonly ops: readonly Op[];
  /** Levels of the page tables, from the leaf up. */
  readonly levels: readonly PteLevel[];
  readonly leaf: PteLevel;
}

function simplestFirst(load: Op, store: Op, ops: readonly Op[]): Op[] {
  return [load, store, ...ops.filter((op) => op !== load && op !== store)];
}

export const PLAIN: Readonly<Record<Arch, Plain>> = {
  x86_64: {
    load: 'load',
    store: 'store',
    ops: simplestFirst('load', 'store', X86_OP_NAMES),
    levels: X86_PTE_LEVELS,
    leaf: 'pte',
  },
  aarch64: {
    load: 'ldr',
    store: 'str',
    ops: simplestFirst('ldr', 'str', ARM_OP_NAMES),
    levels: ARM_PTE_LEVELS,
    leaf: 'l3',
  },
};
