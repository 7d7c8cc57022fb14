/* Types and constants of x86_64 that the shared structures hold. */
#ifndef FL_MACHINE_H
#define FL_MACHINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../../guest/x86_64/layout.h"
#include "uapi.h"

#define FL_ARCH      FTL_ARCH_X86_64
#define FL_ARCH_NAME "x86_64"
#define FL_VM_TYPE   0ul
#define FL_RING_CAP  KVM_CAP_DIRTY_LOG_RING

#define FL_GVA_DATA     FTL_GVA_DATA
#define FL_GVA_DATA2    FTL_GVA_DATA2
#define FL_GVA_NONE     FTL_GVA_NONE
#define FL_GVA_PT_ALIAS FTL_GVA_PT_ALIAS
#define FL_GVA_SCRATCH  FL_SCRATCH_GPA

/* The bytes that a fetch runs, and which bits of the fill's word they take. */
#define FL_STUB      FTL_FETCH_STUB
#define FL_STUB_MASK 0xffffu

enum fl_guest_op {
#define GUEST_OP(name, ...) FL_OP_##name,
#include "../../guest/x86_64/ops.def"
#undef GUEST_OP
    FL_OP_COUNT
};

/* Offsets of the vector state's parts in the XSAVE area; 0 where the CPU has none. */
struct fl_xsave_layout {
    uint32_t ymm_high;
    uint32_t zmm_high;
    uint64_t xcr0;
};

struct fl_arch_context {
    struct kvm_cpuid2 *cpuid;
    struct fl_xsave_layout xsave;
};

struct fl_arch_vcpu {
    struct kvm_sregs sregs[2]; /* by privilege: CPL0, CPL3 */
    bool loaded;               /* segments and control registers are those of `user` */
    bool user;
};

struct fl_arch_vm {
    /* pt was written since KVM last dropped its caches: shadow page tables may not match. */
    bool tables_stale;
    bool leaves_stale; /* the same, but only in A and D bits of entries that map data */
};

/* What an instruction of the payload starts with. */
struct fl_start {
    struct kvm_regs regs;
};

/* Results wanted beside RAX, RDX and RFLAGS. */
struct fl_wanted {
    bool lanes;
    uint32_t lane_count;
    bool registers;
    bool registers_rsp; /* RSP in place of RSI */
};

/* After the host wrote instructions for the guest: this processor sees them by itself. */
static inline void fl_sync_code(void *start, size_t bytes)
{
    (void)start;
    (void)bytes;
}

#endif
