/**
 * The instruction of each access on aarch64, as the guest's code has it. X1 has the operand's address and X0 the value, or what
 * was read; where something is stored and something read at once, X2 has what is stored.
 */
import type { ArmOp, Op } from '../../../scenario/stage2/ops.js';

/** Suffix of a mnemonic by the width in bytes, and the size of a register. */
const SUFFIX: Readonly<Record<number, string>> = { 1: 'b', 2: 'h', 4: '', 8: '' };

interface Size {
  readonly suffix: string;
  /** `w` or `x`. */
  readonly r: string;
  readonly label: string;
}

type Lines = (size: Size) => readonly string[];

function plain(name: string): Lines {
  return ({ suffix, r }) => [`${name}${suffix} ${r}0, [x1]`];
}

function atomic(name: string): Lines {
  return ({ r }) => [`${name} ${r}2, ${r}0, [x1]`];
}

function translation(name: string): Lines {
  return () => [`at ${name}, x1`, 'isb', 'mrs x0, par_el1'];
}

function one(line: string): Lines {
  return () => [line];
}

const INSTRUCTIONS: Readonly<Record<ArmOp, Lines>> = {
  ldr: plain('ldr'),
  ldrs: ({ suffix }) => [`ldrs${suffix === '' ? 'w' : suffix} x0, [x1]`],
  ldrs_w: ({ suffix }) => [`ldrs${suffix} w0, [x1]`],
  str: plain('str'),
  ldr_pre: one('ldr x0, [x1, #16]!'),
  ldr_post: one('ldr x0, [x1], #16'),
  str_pre: one('str x0, [x1, #16]!'),
  str_post: one('str x0, [x1], #16'),
  ldp: one('ldp x0, x2, [x1]'),
  stp: one('stp x0, x2, [x1]'),
  ldar: plain('ldar'),
  stlr: plain('stlr'),
  ldxr: plain('ldxr'),
  // The monitor may be lost on the way: the host may be interrupted between the two.
  stxr: ({ r, label }) => [
    `ldxr ${r}0, [x1]`,
    `stxr w3, ${r}2, [x1]`,
    'cbz w3, 1f',
    'subs w4, w4, #1',
    `b.ne ${label}`,
    '1:',
  ],
  cas: ({ r }) => [`cas ${r}0, ${r}2, [x1]`],
  ldadd: atomic('ldadd'),
  swp: atomic('swp'),
  ldr_q: one('ldr q0, [x1]'),
  str_q: one('str q0, [x1]'),
  ldtr: plain('ldtr'),
  sttr: plain('sttr'),
  dc_zva: one('dc zva, x1'),
  dc_civac: one('dc civac, x1'),
  dc_cvac: one('dc cvac, x1'),
  at_s1e1r: translation('s1e1r'),
  at_s1e1w: translation('s1e1w'),
  prfm: one('prfm pldl1keep, [x1]'),
  blr: one('blr x1'),
};

/** What the guest runs for one access: its label in C and assembly, and its lines. */
export interface Instruction {
  readonly label: string;
  readonly lines: readonly string[];
}

const SIZED: ReadonlySet<Op> = new Set<ArmOp>(['ldr', 'ldrs', 'ldrs_w', 'str', 'ldar', 'stlr', 'ldxr', 'stxr']);
const ATOMICS: ReadonlySet<Op> = new Set<ArmOp>(['cas', 'ldadd', 'swp']);
const UNPRIVILEGED: ReadonlySet<Op> = new Set<ArmOp>(['ldtr', 'sttr']);

/** The instruction of an access. */
export function instructionOf(op: ArmOp, width: number): Instruction {
  const sized = SIZED.has(op) || ATOMICS.has(op) || UNPRIVILEGED.has(op);
  const label = sized ? `${op}_${8 * width}` : op;
  return { label, lines: INSTRUCTIONS[op]({ suffix: SUFFIX[width] ?? '', r: width === 8 ? 'x' : 'w', label }) };
}

/** Instructions of FEAT_LSE. */
export function isAtomic(op: Op): boolean {
  return ATOMICS.has(op);
}

function exclusivePair(label: string, change: string): Instruction {
  return { label, lines: ['ldxr x2, [x1]', `${change} x2, x2, x0`, 'stxr w3, x2, [x1]', `cbnz w3, ${label}`] };
}

/** Edits of an entry by the guest: with FEAT_LSE, and without. */
export const EDITS = {
  atomic: {
    set: { label: 'ldset', lines: ['ldset x0, x2, [x1]'] },
    clear: { label: 'ldclr', lines: ['ldclr x0, x2, [x1]'] },
  },
  exclusive: { set: exclusivePair('set_bits', 'orr'), clear: exclusivePair('clear_bits', 'bic') },
} as const satisfies Record<string, Record<string, Instruction>>;

/** What drops cached translations: of the page in X0, or all. */
export const FLUSHES = {
  page: { label: 'tlbi_page', lines: ['dsb ishst', 'tlbi vae1is, x0', 'dsb ish', 'isb'] },
  all: { label: 'tlbi_all', lines: ['dsb ishst', 'tlbi vmalle1is', 'dsb ish', 'isb'] },
} as const satisfies Record<string, Instruction>;

/** Bytes by which pre- and post-indexing moves X1. */
export const WRITE_BACK = 16;
export const PRE_INDEXED: ReadonlySet<Op> = new Set<ArmOp>(['ldr_pre', 'str_pre']);
export const MOVING: ReadonlySet<Op> = new Set<ArmOp>(['ldr_pre', 'ldr_post', 'str_pre', 'str_post']);
export const VECTOR_LOADS: ReadonlySet<Op> = new Set<ArmOp>(['ldr_q']);
export const VECTOR_STORES: ReadonlySet<Op> = new Set<ArmOp>(['str_q']);
