/** What each instruction does to memory, as far as its faults and KVM's emulation of it go. */
import type { ArmOp } from '../../../scenario/stage2/ops.js';

/** One access to memory of an instruction. */
export interface Phase {
  readonly write: boolean;
  /** Distance of the instruction that makes it from the operation's first. */
  readonly offset: number;
}

const READ: Phase = { write: false, offset: 0 };
const WRITE: Phase = { write: true, offset: 0 };
/** The store-exclusive after the load-exclusive. */
const SECOND_WRITE: Phase = { write: true, offset: 4 };

const READS: readonly Phase[] = [READ];
export const WRITES: readonly Phase[] = [WRITE];
const READS_THEN_WRITES: readonly Phase[] = [READ, WRITE];
const EXCLUSIVE: readonly Phase[] = [READ, SECOND_WRITE];

export type Kind = 'data' | 'atomic' | 'maintenance' | 'translate' | 'prefetch' | 'fetch';

export interface Instruction {
  readonly kind: Kind;
  /** In the order in which they are made. */
  readonly phases: readonly Phase[];
  /** The syndrome describes it, so that KVM can emulate it (ESR_EL2.ISV). */
  readonly described: boolean;
  /** Checked as an access of EL0. */
  readonly unprivileged: boolean;
  /** Bytes that the base register moves by. */
  readonly writeBack: number;
}

const plain = { kind: 'data', described: false, unprivileged: false, writeBack: 0 } as const;
const load: Instruction = { ...plain, phases: READS };
const store: Instruction = { ...plain, phases: WRITES };
const atomic: Instruction = { ...plain, kind: 'atomic', phases: READS_THEN_WRITES };
const maintenance: Instruction = { ...load, kind: 'maintenance' };
const translate: Instruction = { ...load, kind: 'translate' };

/** Arm ARM, ESR_EL2.ISV: loads and stores of one general-purpose register, neither exclusive nor with write-back. */
const described = { described: true } as const;
const unprivileged = { described: true, unprivileged: true } as const;
const moving = { writeBack: 16 } as const;

export const INSTRUCTIONS: Readonly<Record<ArmOp, Instruction>> = {
  ldr: { ...load, ...described },
  ldrs: { ...load, ...described },
  ldrs_w: { ...load, ...described },
  str: { ...store, ...described },
  ldr_pre: { ...load, ...moving },
  ldr_post: { ...load, ...moving },
  str_pre: { ...store, ...moving },
  str_post: { ...store, ...moving },
  ldp: load,
  stp: store,
  ldar: { ...load, ...described },
  stlr: { ...store, ...described },
  ldxr: load,
  stxr: { ...store, phases: EXCLUSIVE },
  cas: atomic,
  ldadd: atomic,
  swp: atomic,
  ldr_q: load,
  str_q: store,
  ldtr: { ...load, ...unprivileged },
  sttr: { ...store, ...unprivileged },
  dc_zva: store,
  dc_civac: maintenance,
  dc_cvac: maintenance,
  at_s1e1r: translate,
  at_s1e1w: { ...translate, phases: WRITES },
  prfm: { ...load, kind: 'prefetch' },
  blr: { ...load, kind: 'fetch' },
};

/** How atomics access memory, by whether they read first. */
export function atomicPhases(readFirst: boolean): readonly Phase[] {
  return readFirst ? READS_THEN_WRITES : WRITES;
}

/** Cache maintenance that finds its page mapped, and one that KVM maps the page for. */
export const AS_READ = READS;
export const AS_WRITE: readonly Phase[] = [{ ...WRITE }];
