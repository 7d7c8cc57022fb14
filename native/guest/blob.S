/* Carries the linked payload inside the library. */
	.section .rodata
	.balign 16
	.globl fl_payload
	.hidden fl_payload
fl_payload:
	.incbin "payload.bin"
	.globl fl_payload_end
	.hidden fl_payload_end
fl_payload_end:
	.section .note.GNU-stack, "", %progbits
