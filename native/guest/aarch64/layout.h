/* Layout of the code region, and of the block through which a vCPU gets its commands. For payload.S and the
 * host. */
#ifndef FL_GUEST_AARCH64_LAYOUT_H
#define FL_GUEST_AARCH64_LAYOUT_H

#define FL_CODE_GPA  0x0
#define FL_CODE_SIZE 0x40000

/* Translated by TTBR1: 39 bits of addresses in pages of 4 KiB, at which guest-physical memory begins. */
#define FL_UPPER_BASE      0xffffff8000000000
#define FL_UPPER_L1_GPA    0x1000
#define FL_CODE_L2_GPA     0x2000
#define FL_CODE_L3_GPA     0x3000
#define FL_DOORBELL_L3_GPA 0x4000
/* A second view of the pt region, so that the guest can edit the entries that map its data. */
#define FL_ALIAS_L2_GPA 0x5000
#define FL_ALIAS_L3_GPA 0x6000
/* A page per vCPU; its TPIDRRO_EL0 has the address. */
#define FL_BLOCK_GPA(cpu) (0x8000 + 0x1000 * (cpu))
#define FL_PAYLOAD_GPA    0x10000
#define FL_PAYLOAD_BYTES  0x4000
#define FL_SCRATCH_GPA    0x20000

/* The same number as FTL_GPA_DOORBELL, which the assembler cannot read; guest.c asserts that they agree. */
#define FL_DOORBELL_GPA       0x30000000
#define FL_DOORBELL_DONE      0
#define FL_DOORBELL_EXCEPTION 8

/* What the host asks for. */
#define FL_BLOCK_MODE  0x00
#define FL_BLOCK_LABEL 0x08
#define FL_BLOCK_X0    0x10
#define FL_BLOCK_X1    0x18
#define FL_BLOCK_X2    0x20
#define FL_BLOCK_TCR   0x28
#define FL_BLOCK_Q0    0x30
/* What the guest says to it. */
#define FL_BLOCK_RESULT_X0 0x80
#define FL_BLOCK_RESULT_X2 0x90
#define FL_BLOCK_RESULT_Q0 0xa0
#define FL_BLOCK_VECTOR    0xb0
#define FL_BLOCK_FAR       0xc0

/* Bits of the mode. */
#define FL_MODE_USER   0 /* at EL0 */
#define FL_MODE_FLUSH  1 /* first set TCR_EL1 and drop all cached translations; the guest clears the bit */
#define FL_MODE_VECTOR 2 /* Q0 is an operand */

/* How often a store-exclusive is tried. */
#define FL_EXCLUSIVE_TRIES 9

#endif
