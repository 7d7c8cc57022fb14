/*
 * The guest's code. A vCPU takes a command from its block, runs one labelled instruction, writes down what the
 * registers hold then, and rings the doorbell: a store to an address that nothing answers. All of it is the same at
 * EL1 and EL0; system calls and exception returns lead from one to the other. No register has to be set from
 * outside, so an exception costs no more than an ordinary end.
 *
 * X20 block, X21 doorbell, X22 mode, X23 where the next command is taken; ops.def has the operands' registers.
 *
 * The blob starts with a table that the host reads: the entry, the vectors, then one address per line of ops.def.
 */
#include "layout.h"

	.arch armv8.1-a+lse
	.section .text, "ax"

	.globl _start
_start:
	.quad next_kernel, vectors
#define GUEST_OP(name, ...) .quad op_##name ;
#include "ops.def"
#undef GUEST_OP

doorbell:
	.quad FL_UPPER_BASE + FL_DOORBELL_GPA

	.balign 64
next_kernel:
	msr daifclr, 4 // an SError that is pending strikes here, where it is told
	mrs x20, tpidrro_el0
	ldr x22, [x20, FL_BLOCK_MODE]
	tbz x22, FL_MODE_FLUSH, 1f
	/* The host changed the tables, perhaps their granule too, and code in the pages that they map. */
	ldr x9, [x20, FL_BLOCK_TCR]
	msr tcr_el1, x9
	isb
	dsb ishst
	tlbi vmalle1is
	ic ialluis
	dsb ish
	isb
	and x22, x22, ~(1 << FL_MODE_FLUSH)
	str x22, [x20, FL_BLOCK_MODE]
1:	adr x23, next_kernel
	tbz x22, FL_MODE_USER, go
	adr x9, next_user
	msr elr_el1, x9
	mov x9, 0x2c0 // EL0t; debug, IRQ and FIQ masked
	msr spsr_el1, x9
	eret

next_user:
	mrs x20, tpidrro_el0
	ldr x22, [x20, FL_BLOCK_MODE]
	adr x23, next_user
	and x9, x22, (1 << FL_MODE_USER) | (1 << FL_MODE_FLUSH)
	cmp x9, 1 << FL_MODE_USER
	b.eq go
	svc 0
after_svc:

go:
	ldr x21, doorbell
	tbz x22, FL_MODE_VECTOR, 1f
	ldr q0, [x20, FL_BLOCK_Q0]
1:	ldr x9, [x20, FL_BLOCK_LABEL]
	ldp x0, x1, [x20, FL_BLOCK_X0]
	ldr x2, [x20, FL_BLOCK_X2]
	mov w3, wzr
	mov w4, FL_EXCLUSIVE_TRIES
	br x9

/* Each operation says which it was. */
	.set number, 0
#define GUEST_OP(name, ...) .balign 16 ; op_##name: __VA_ARGS__ ; mov x9, number ; b done ; .set number, number + 1 ;
#include "ops.def"
#undef GUEST_OP

done:
	stp x0, x1, [x20, FL_BLOCK_RESULT_X0]
	stp x2, x3, [x20, FL_BLOCK_RESULT_X2]
	tbz x22, FL_MODE_VECTOR, 1f
	str q0, [x20, FL_BLOCK_RESULT_Q0]
1:	str x9, [x21, FL_DOORBELL_DONE]
	br x23

/* X9: 0 synchronous, 1 IRQ, 2 FIQ, 3 SError. No operation uses X9 to X15. */
exception:
	mrs x20, tpidrro_el0
	mrs x10, esr_el1
	mrs x11, far_el1
	mrs x12, elr_el1
	adr x13, after_svc
	cmp x12, x13
	b.ne 1f
	lsr x13, x10, 26
	cmp x13, 0x15
	b.eq next_kernel
1:	stp x9, x10, [x20, FL_BLOCK_VECTOR]
	stp x11, x12, [x20, FL_BLOCK_FAR]
	ldr x21, doorbell
	str x9, [x21, FL_DOORBELL_EXCEPTION]
	b next_kernel

	.balign 0x800
vectors:
	.set number, 0
	.rept 16
	.balign 0x80
	mov x9, number & 3
	b exception
	.set number, number + 1
	.endr
	.balign 0x80
