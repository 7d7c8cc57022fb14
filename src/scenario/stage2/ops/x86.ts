import { load, store, touch, update, type OpInfo } from './info.js';

/** The guest's access operations on x86_64. */
export const X86_OPS = {
  /** `mov r, [m]`: widths 1 and 2 merge into the register, 4 zero-extends. */
  load: { ...load, widths: [1, 2, 4, 8] },
  /** `movzx r64, [m]`. */
  load_zx: { ...load, widths: [1, 2] },
  /** `movsx/movsxd r64, [m]`. */
  load_sx: { ...load, widths: [1, 2, 4] },
  /** `mov [m], r`. */
  store: { ...store, widths: [1, 2, 4, 8] },
  /** `push qword [m]`: reads `m`, writes the peer. */
  push: { ...load, widths: [8], peer: 'writes' },
  /** `pop qword [m]`: reads the peer, writes `m`. */
  pop: { ...store, widths: [8], peer: 'reads' },
  /** `movs`: reads the peer, writes `m`. */
  movs: { ...store, widths: [1, 2, 4, 8], peer: 'reads' },
  /** `rep movs`, `count` elements upwards. */
  rep_movs: { ...store, widths: [1, 2, 4, 8], peer: 'reads', rep: true },
  /** `stos`. */
  stos: { ...store, widths: [1, 2, 4, 8] },
  /** `rep stos`, `count` elements upwards. */
  rep_stos: { ...store, widths: [1, 2, 4, 8], rep: true },
  /** `xchg [m], r` (locked by definition). */
  xchg: { ...update, widths: [1, 2, 4, 8] },
  /** `lock cmpxchg [m], r`. */
  cmpxchg: { ...update, widths: [1, 2, 4, 8] },
  /** `lock cmpxchg16b [m]`: #GP unless 16-byte aligned. */
  cmpxchg16b: { ...update, widths: [16], aligned: true },
  /** `lock add [m], r`. */
  lock_add: { ...update, widths: [1, 2, 4, 8] },
  /** `lock or [m], r`. */
  lock_or: { ...update, widths: [8] },
  /** `lock and [m], r`. */
  lock_and: { ...update, widths: [8] },
  /** `lock bts [m], r` with the bit index inside the operand. */
  lock_bts: { ...update, widths: [2, 4, 8] },
  /** `movups xmm, [m]`. */
  movups_load: { ...load, widths: [16] },
  /** `movups [m], xmm`. */
  movups_store: { ...store, widths: [16] },
  /** `movaps xmm, [m]`: #GP unless aligned. */
  movaps_load: { ...load, widths: [16], aligned: true },
  /** `movaps [m], xmm`: #GP unless aligned. */
  movaps_store: { ...store, widths: [16], aligned: true },
  /** `vmovups ymm, [m]`. */
  avx_load: { ...load, widths: [32] },
  /** `vmovups [m], ymm`. */
  avx_store: { ...store, widths: [32] },
  /** `vmovups zmm, [m]` (AVX-512F). */
  avx512_load: { ...load, widths: [64] },
  /** `vmovups [m], zmm` (AVX-512F). */
  avx512_store: { ...store, widths: [64] },
  /** `movnti [m], r`. */
  movnti: { ...store, widths: [4, 8] },
  /** `clflush [m]`: checked like a byte load, moves no data. */
  clflush: { ...touch, widths: [1] },
  /** `prefetchw [m]`: a hint that never faults. */
  prefetchw: { ...touch, widths: [1] },
  /** A near jump to the two-byte stub at {@link FETCH_STUB_OFFSET} of the page. */
  fetch: { ...load, widths: [2] },
} as const satisfies Record<string, OpInfo>;
