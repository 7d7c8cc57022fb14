import { load, store, touch, update, type OpInfo } from './info.js';

/** The guest's access operations on aarch64. */
export const ARM_OPS = {
  /** `ldrb`, `ldrh`, `ldr w`, `ldr x`: zero-extends. */
  ldr: { ...load, widths: [1, 2, 4, 8] },
  /** `ldrsb x`, `ldrsh x`, `ldrsw`. */
  ldrs: { ...load, widths: [1, 2, 4] },
  /** `ldrsb w`, `ldrsh w`: extends to 32 bits, the upper half is zero. */
  ldrs_w: { ...load, widths: [1, 2] },
  /** `strb`, `strh`, `str w`, `str x`. */
  str: { ...store, widths: [1, 2, 4, 8] },
  /** `ldr x, [b, #16]!`. */
  ldr_pre: { ...load, widths: [8] },
  /** `ldr x, [b], #16`. */
  ldr_post: { ...load, widths: [8] },
  /** `str x, [b, #16]!`. */
  str_pre: { ...store, widths: [8] },
  /** `str x, [b], #16`. */
  str_post: { ...store, widths: [8] },
  /** `ldp x, x`. */
  ldp: { ...load, widths: [16] },
  /** `stp x, x`. */
  stp: { ...store, widths: [16] },
  /** `ldarb`, `ldarh`, `ldar`. */
  ldar: { ...load, widths: [1, 2, 4, 8], aligned: true },
  /** `stlrb`, `stlrh`, `stlr`. */
  stlr: { ...store, widths: [1, 2, 4, 8], aligned: true },
  /** `ldxr`. */
  ldxr: { ...load, widths: [4, 8], aligned: true },
  /** `ldxr` and `stxr`, again a few times where the monitor was lost on the way. */
  stxr: { ...update, widths: [4, 8], aligned: true },
  /** `cas`. */
  cas: { ...update, widths: [4, 8], aligned: true },
  /** `ldadd`. */
  ldadd: { ...update, widths: [4, 8], aligned: true },
  /** `swp`. */
  swp: { ...update, widths: [4, 8], aligned: true },
  /** `ldr q`. */
  ldr_q: { ...load, widths: [16] },
  /** `str q`. */
  str_q: { ...store, widths: [16] },
  /** `ldtrb`, `ldtrh`, `ldtr`: as EL0 would. */
  ldtr: { ...load, widths: [1, 2, 4, 8] },
  /** `sttrb`, `sttrh`, `sttr`: as EL0 would. */
  sttr: { ...store, widths: [1, 2, 4, 8] },
  /** `dc zva` of a block of 64 bytes. */
  dc_zva: { ...store, widths: [64], aligned: true },
  /** `dc civac`: cleans and invalidates by address; checked like a load, moves no data. */
  dc_civac: { ...touch, widths: [1] },
  /** `dc cvac`: cleans by address. */
  dc_cvac: { ...touch, widths: [1] },
  /** `at s1e1r`: walks the stage-1 tables as a read of EL1; EL1 only. */
  at_s1e1r: { ...touch, widths: [1] },
  /** `at s1e1w`. */
  at_s1e1w: { ...touch, widths: [1] },
  /** `prfm pldl1keep`: a hint that never faults. */
  prfm: { ...touch, widths: [1] },
  /** `blr` to the stub at the fetch offset of the page. */
  blr: { ...load, widths: [4] },
} as const satisfies Record<string, OpInfo>;
