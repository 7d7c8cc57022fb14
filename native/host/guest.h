/* The guest side of x86_64: where the payload's instructions are and how a vCPU is set up to run them. */
#ifndef FL_GUEST_H
#define FL_GUEST_H

#include <stdint.h>

#include "../guest/x86_64/layout.h"
#include "uapi.h"

enum fl_guest_op {
#define GUEST_OP(name, ...) FL_OP_##name,
#include "../guest/x86_64/ops.def"
#undef GUEST_OP
    FL_OP_COUNT
};

/* Offsets of the vector state's parts in the XSAVE area; 0 where the CPU has none. */
struct fl_xsave_layout {
    uint32_t ymm_high;
    uint32_t zmm_high;
    uint64_t xcr0;
};

/* Fills the code region: payload, descriptor tables, TSSs, fixed page tables. */
void fl_guest_build(uint8_t *code);

/* Gives the scratch page, which never faults, the content that it has at the start of a scenario. */
void fl_guest_scratch(uint8_t *code);

/* Addresses of a labelled instruction and of the doorbell after it. */
uint64_t fl_guest_label(uint32_t op);
uint64_t fl_guest_doorbell(uint32_t op);

/* Long mode, at CPL0 or CPL3, with XCR0 enabled or not. `sregs` holds what KVM_GET_SREGS gave. */
void fl_guest_sregs(struct kvm_sregs *sregs, uint32_t cpu, int user, int xsave);

struct fl_xsave_layout fl_guest_xsave_layout(void);

#endif
