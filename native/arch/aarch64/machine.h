/* Types and constants of aarch64 that the shared structures hold. */
#ifndef FL_MACHINE_H
#define FL_MACHINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../../guest/aarch64/layout.h"
#include "uapi.h"

#define FL_ARCH      FTL_ARCH_AARCH64
#define FL_ARCH_NAME "aarch64"
/* 40 bits of guest-physical addresses. Wider ones cost time wherever KVM walks all of them. */
#define FL_VM_TYPE  0ul
#define FL_IPA_BITS 40u
/* Processors that reorder stores have this one only. */
#define FL_RING_CAP KVM_CAP_DIRTY_LOG_RING_ACQ_REL

#define FL_GVA_DATA     FTL_ARM_GVA_DATA
#define FL_GVA_DATA2    FTL_ARM_GVA_DATA2
#define FL_GVA_NONE     FTL_ARM_GVA_NONE
#define FL_GVA_PT_ALIAS FTL_ARM_GVA_PT_ALIAS
#define FL_GVA_SCRATCH  (FL_UPPER_BASE + FL_SCRATCH_GPA)

/* The bytes that a fetch runs, and which bits of the fill's word they take. */
#define FL_STUB      FTL_ARM_FETCH_STUB
#define FL_STUB_MASK 0xffffffffu

enum fl_guest_op {
#define GUEST_OP(name, ...) FL_OP_##name,
#include "../../guest/aarch64/ops.def"
#undef GUEST_OP
    FL_OP_COUNT
};

struct fl_arch_context {
    struct kvm_vcpu_init init;
    uint32_t ipa_bits; /* the most that a VM may have */
    uint32_t zva_bytes;
};

struct fl_arch_vcpu {
    uint8_t *block; /* see guest/aarch64/layout.h */
};

struct fl_arch_vm {
    char nothing; /* a C struct has a member */
};

/* What an instruction of the payload starts with. */
struct fl_start {
    uint64_t x0;
    uint64_t x1;
    uint64_t x2;
    uint64_t q0[2];
};

/* Which results make the events. */
struct fl_wanted {
    bool vector;    /* Q0 is an operand */
    bool lanes;     /* Q0 is a result */
    bool registers; /* X1 is written back */
    bool old_value; /* X2 is what memory held before */
};

/* After the host wrote instructions for the guest. */
static inline void fl_sync_code(void *start, size_t bytes)
{
    __builtin___clear_cache((char *)start, (char *)start + bytes);
}

#endif
