/* Guest-physical layout of the code region, and the doorbell ports. Shared by payload.S and the host. */
#ifndef FL_GUEST_X86_LAYOUT_H
#define FL_GUEST_X86_LAYOUT_H

/* Port numbers that no in-kernel device model claims (no irqchip or PIT is ever created). */
#define FL_PORT_DONE      0xe0
#define FL_PORT_EXCEPTION 0xe1

#define FL_CODE_GPA  0x0
#define FL_CODE_SIZE 0x40000

#define FL_PML4_GPA 0x1000
/* Identity map of the code region. */
#define FL_CODE_PDPT_GPA 0x2000
#define FL_CODE_PD_GPA   0x3000
#define FL_CODE_PT_GPA   0x4000
/* A second view of the pt region, so that the guest can edit the entries that map its data. */
#define FL_ALIAS_PDPT_GPA 0x5000
#define FL_ALIAS_PD_GPA   0x6000
#define FL_ALIAS_PT_GPA   0x7000
#define FL_GDT_GPA        0x8000
#define FL_IDT_GPA        0x9000
/* One TSS and one set of stacks per vCPU, a page each. */
#define FL_TSS_GPA(cpu)       (0xa000 + 0x1000 * (cpu))
#define FL_EXC_STACK_TOP(cpu) (0xd000 + 0x2000 * (cpu))
#define FL_STACK_TOP(cpu)     (0x12000 + 0x2000 * (cpu))
#define FL_PAYLOAD_GPA        0x18000
#define FL_SCRATCH_GPA        0x20000

#define FL_VECTORS 32

/*
 * The test window, its page tables and their alias. The same numbers as in the wire header, which the
 * assembler cannot read; guest.c's users assert that they agree.
 */
#define FL_PML4_TEST       1
#define FL_PML4_ALIAS      2
#define FL_PT_REGION_GPA   0x40000000
#define FL_PT_REGION_PAGES 8

#endif
