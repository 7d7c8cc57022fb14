/** What an instruction of the guest's payload does to memory; how it may fault is the model's business. */
export interface OpInfo {
  /** Operand widths in bytes that the payload has an instruction for. */
  readonly widths: readonly number[];
  /** The instruction reads its memory operand. */
  readonly reads: boolean;
  /** The instruction writes its memory operand. */
  readonly writes: boolean;
  /** Role of the second memory operand (`peer`), if the instruction has one. */
  readonly peer: 'none' | 'reads' | 'writes';
  /** The memory operand must be aligned to its width, else there is an exception (x86_64: #GP). */
  readonly aligned: boolean;
  /** Repeats `count` times over consecutive elements. */
  readonly rep: boolean;
}

const plain = { peer: 'none', aligned: false, rep: false } as const;
export const load = { ...plain, reads: true, writes: false } as const;
export const store = { ...plain, reads: false, writes: true } as const;
export const update = { ...plain, reads: true, writes: true } as const;
export const touch = { ...plain, reads: false, writes: false } as const;
