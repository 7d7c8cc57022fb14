/** The instruction of each access on x86_64, as the guest's code has it, and the registers that it starts with. */
import type { X86Op } from '../../../scenario/stage2/ops.js';

/** Suffix of a mnemonic, and RAX and RBX, by width in bytes. */
const SIZES: Readonly<Record<number, { readonly suffix: string; readonly rax: string; readonly rbx: string }>> = {
  1: { suffix: 'b', rax: '%al', rbx: '%bl' },
  2: { suffix: 'w', rax: '%ax', rbx: '%bx' },
  4: { suffix: 'l', rax: '%eax', rbx: '%ebx' },
  8: { suffix: 'q', rax: '%rax', rbx: '%rbx' },
};
const BYTES = { suffix: '', rax: '%rax', rbx: '%rbx' };

type Mnemonic = (size: { readonly suffix: string; readonly rax: string; readonly rbx: string }) => string;

const MNEMONICS: Readonly<Record<X86Op, Mnemonic>> = {
  load: ({ suffix, rax }) => `mov${suffix} (%rdi), ${rax}`,
  load_zx: ({ suffix }) => `movz${suffix}q (%rdi), %rax`,
  load_sx: ({ suffix }) => `movs${suffix}q (%rdi), %rax`,
  store: ({ suffix, rax }) => `mov${suffix} ${rax}, (%rdi)`,
  push: () => 'pushq (%rdi)',
  pop: () => 'popq (%rdi)',
  movs: ({ suffix }) => `movs${suffix}`,
  rep_movs: ({ suffix }) => `rep movs${suffix}`,
  stos: ({ suffix }) => `stos${suffix}`,
  rep_stos: ({ suffix }) => `rep stos${suffix}`,
  xchg: ({ suffix, rax }) => `xchg${suffix} ${rax}, (%rdi)`,
  cmpxchg: ({ suffix, rbx }) => `lock cmpxchg${suffix} ${rbx}, (%rdi)`,
  cmpxchg16b: () => 'lock cmpxchg16b (%rdi)',
  lock_add: ({ suffix, rax }) => `lock add${suffix} ${rax}, (%rdi)`,
  lock_or: ({ rax }) => `lock orq ${rax}, (%rdi)`,
  lock_and: ({ rax }) => `lock andq ${rax}, (%rdi)`,
  lock_bts: ({ suffix, rax }) => `lock bts${suffix} ${rax}, (%rdi)`,
  movups_load: () => 'movups (%rdi), %xmm0',
  movups_store: () => 'movups %xmm0, (%rdi)',
  movaps_load: () => 'movaps (%rdi), %xmm0',
  movaps_store: () => 'movaps %xmm0, (%rdi)',
  avx_load: () => 'vmovups (%rdi), %ymm0',
  avx_store: () => 'vmovups %ymm0, (%rdi)',
  avx512_load: () => 'vmovups (%rdi), %zmm0',
  avx512_store: () => 'vmovups %zmm0, (%rdi)',
  movnti: ({ suffix, rax }) => `movnti${suffix} ${rax}, (%rdi)`,
  clflush: () => 'clflush (%rdi)',
  prefetchw: () => 'prefetchw (%rdi)',
  fetch: () => 'jmp *%rdi',
};

/** One instruction of the guest's code. */
export interface Instruction {
  /** Its label in C and assembly. */
  readonly label: string;
  readonly mnemonic: string;
}

/** The instruction of an access. */
export function instructionOf(op: X86Op, width: number): Instruction {
  const mnemonic = MNEMONICS[op](SIZES[width] ?? BYTES);
  const bits =
    SIZES[width] === undefined || op === 'clflush' || op === 'prefetchw' || op === 'fetch' ? '' : `_${8 * width}`;
  return { label: `${op}${bits}`, mnemonic };
}

/** Instructions that the case's edits of page tables need. */
export const EDITS = {
  set: instructionOf('lock_or', 8),
  clear: instructionOf('lock_and', 8),
  invlpg: { label: 'invlpg_rdi', mnemonic: 'invlpg (%rdi)' },
  reload: { label: 'reload_cr3', mnemonic: 'movq %rax, %cr3' },
} as const satisfies Record<string, Instruction>;

/** Instructions that move their string registers or the stack pointer. */
export const MOVING: ReadonlySet<X86Op> = new Set([
  'push',
  'pop',
  'movs',
  'rep_movs',
  'stos',
  'rep_stos',
] satisfies X86Op[]);

/** Loads of a vector register. */
export const VECTOR_LOADS: ReadonlySet<X86Op> = new Set([
  'movups_load',
  'movaps_load',
  'avx_load',
  'avx512_load',
] satisfies X86Op[]);

export const VECTOR_STORES: ReadonlySet<X86Op> = new Set([
  'movups_store',
  'movaps_store',
  'avx_store',
  'avx512_store',
] satisfies X86Op[]);
