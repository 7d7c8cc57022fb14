/*
 * The guest's code. The host sets the registers and RIP to a labelled instruction; nothing else
 * runs but that instruction and the doorbell after it.
 *
 * The blob starts with a table that the host reads: one {start, end} pair of guest addresses per
 * line of ops.def, in that order, then one address per exception vector.
 */
#include "layout.h"

	.code64
	.section .text, "ax"

	.globl _start
_start:
#define GUEST_OP(name, ...) .quad op_##name, op_##name##_end ;
#include "ops.def"
#undef GUEST_OP
	.quad 0, 0
	.set vector, 0
	.rept FL_VECTORS
	.quad exception_stubs + 16 * vector
	.set vector, vector + 1
	.endr

#define GUEST_OP(name, ...) .balign 16 ; op_##name: __VA_ARGS__ ; op_##name##_end: out %al, $FL_PORT_DONE ;
#include "ops.def"
#undef GUEST_OP

/*
 * The frame that the host finds at RSP: vector, error code (0 where the vector has none), RIP, CS,
 * RFLAGS, RSP, SS.
 */
	.balign 16
exception_stubs:
	.set vector, 0
	.rept FL_VECTORS
	.balign 16
	.if vector != 8 && vector != 10 && vector != 11 && vector != 12 && vector != 13 && vector != 14 && vector != 17 && vector != 21
	pushq $0
	.endif
	pushq $vector
	out %al, $FL_PORT_EXCEPTION
	.set vector, vector + 1
	.endr
