/* What the registers hold before an access: docs/native-contract.md, "Registers". */
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>

#include "context.h"

/* Payload instruction by operation and log2 of the width in bytes; NONE where the width is not legal. */
#define ROW(b1, b2, b4, b8, b16, b32, b64) \
    {                                      \
        b1, b2, b4, b8, b16, b32, b64      \
    }
#define NO FL_OP_COUNT

static const uint8_t payload_ops[FTL_OP_COUNT][7] = {
    [FTL_OP_LOAD] = ROW(FL_OP_load_8, FL_OP_load_16, FL_OP_load_32, FL_OP_load_64, NO, NO, NO),
    [FTL_OP_LOAD_ZX] = ROW(FL_OP_movzx_8, FL_OP_movzx_16, NO, NO, NO, NO, NO),
    [FTL_OP_LOAD_SX] = ROW(FL_OP_movsx_8, FL_OP_movsx_16, FL_OP_movsx_32, NO, NO, NO, NO),
    [FTL_OP_STORE] = ROW(FL_OP_store_8, FL_OP_store_16, FL_OP_store_32, FL_OP_store_64, NO, NO, NO),
    [FTL_OP_PUSH] = ROW(NO, NO, NO, FL_OP_push_64, NO, NO, NO),
    [FTL_OP_POP] = ROW(NO, NO, NO, FL_OP_pop_64, NO, NO, NO),
    [FTL_OP_MOVS] = ROW(FL_OP_movs_8, FL_OP_movs_16, FL_OP_movs_32, FL_OP_movs_64, NO, NO, NO),
    [FTL_OP_REP_MOVS] =
        ROW(FL_OP_rep_movs_8, FL_OP_rep_movs_16, FL_OP_rep_movs_32, FL_OP_rep_movs_64, NO, NO, NO),
    [FTL_OP_STOS] = ROW(FL_OP_stos_8, FL_OP_stos_16, FL_OP_stos_32, FL_OP_stos_64, NO, NO, NO),
    [FTL_OP_REP_STOS] =
        ROW(FL_OP_rep_stos_8, FL_OP_rep_stos_16, FL_OP_rep_stos_32, FL_OP_rep_stos_64, NO, NO, NO),
    [FTL_OP_XCHG] = ROW(FL_OP_xchg_8, FL_OP_xchg_16, FL_OP_xchg_32, FL_OP_xchg_64, NO, NO, NO),
    [FTL_OP_CMPXCHG] = ROW(FL_OP_cmpxchg_8, FL_OP_cmpxchg_16, FL_OP_cmpxchg_32, FL_OP_cmpxchg_64, NO, NO, NO),
    [FTL_OP_CMPXCHG16B] = ROW(NO, NO, NO, NO, FL_OP_cmpxchg_128, NO, NO),
    [FTL_OP_LOCK_ADD] =
        ROW(FL_OP_lock_add_8, FL_OP_lock_add_16, FL_OP_lock_add_32, FL_OP_lock_add_64, NO, NO, NO),
    [FTL_OP_LOCK_OR] = ROW(NO, NO, NO, FL_OP_lock_or_64, NO, NO, NO),
    [FTL_OP_LOCK_AND] = ROW(NO, NO, NO, FL_OP_lock_and_64, NO, NO, NO),
    [FTL_OP_LOCK_BTS] = ROW(NO, FL_OP_lock_bts_16, FL_OP_lock_bts_32, FL_OP_lock_bts_64, NO, NO, NO),
    [FTL_OP_MOVUPS_LOAD] = ROW(NO, NO, NO, NO, FL_OP_movups_load, NO, NO),
    [FTL_OP_MOVUPS_STORE] = ROW(NO, NO, NO, NO, FL_OP_movups_store, NO, NO),
    [FTL_OP_MOVAPS_LOAD] = ROW(NO, NO, NO, NO, FL_OP_movaps_load, NO, NO),
    [FTL_OP_MOVAPS_STORE] = ROW(NO, NO, NO, NO, FL_OP_movaps_store, NO, NO),
    [FTL_OP_AVX_LOAD] = ROW(NO, NO, NO, NO, NO, FL_OP_avx_load, NO),
    [FTL_OP_AVX_STORE] = ROW(NO, NO, NO, NO, NO, FL_OP_avx_store, NO),
    [FTL_OP_AVX512_LOAD] = ROW(NO, NO, NO, NO, NO, NO, FL_OP_avx512_load),
    [FTL_OP_AVX512_STORE] = ROW(NO, NO, NO, NO, NO, NO, FL_OP_avx512_store),
    [FTL_OP_MOVNTI] = ROW(NO, NO, FL_OP_movnti_32, FL_OP_movnti_64, NO, NO, NO),
    [FTL_OP_CLFLUSH] = ROW(FL_OP_clflush, NO, NO, NO, NO, NO, NO),
    [FTL_OP_PREFETCHW] = ROW(FL_OP_prefetchw, NO, NO, NO, NO, NO, NO),
    [FTL_OP_FETCH] = ROW(NO, FL_OP_fetch, NO, NO, NO, NO, NO),
};

bool fl_is_wide(uint8_t op)
{
    return op >= FTL_OP_MOVUPS_LOAD && op <= FTL_OP_AVX512_STORE;
}

bool fl_is_load(uint8_t op)
{
    return op == FTL_OP_LOAD || op == FTL_OP_LOAD_ZX || op == FTL_OP_LOAD_SX;
}

uint64_t fl_gva(const struct fl_exec *exec, uint32_t region, uint32_t page, uint32_t offset)
{
    uint64_t base;

    switch (region) {
    case FTL_REGION_DATA:
        base = FTL_GVA_DATA + exec->regions[1].offset_pages * FL_PAGE;
        break;
    case FTL_REGION_DATA2:
        base = FTL_GVA_DATA2 + exec->regions[2].offset_pages * FL_PAGE;
        break;
    case FTL_REGION_NONE:
        base = FTL_GVA_NONE;
        break;
    case FTL_REGION_PT:
        base = FTL_GVA_PT_ALIAS;
        break;
    default:
        base = FL_SCRATCH_GPA;
        break;
    }
    return base + page * FL_PAGE + offset;
}

/* The eight bytes that the fill has at an address, which need not be aligned and may end on the next page. */
static uint64_t fill_bytes(uint8_t tag, uint32_t region, uint32_t page, uint32_t offset)
{
    uint32_t low_at = offset & ~7u;
    uint32_t shift = (offset & 7) * 8;
    uint32_t high_at = low_at + 8;
    uint32_t high_page = page + (uint32_t)(high_at / FL_PAGE);
    uint64_t low = fl_fill_word(tag, region, page, low_at);

    if (!shift)
        return low;
    return low >> shift | fl_fill_word(tag, region, high_page, high_at % (uint32_t)FL_PAGE) << (64 - shift);
}

static uint64_t comparand(const struct ftl_step *step, uint32_t page, uint32_t lane)
{
    uint32_t offset = step->offset + 8 * lane;
    uint32_t at_page = page + offset / (uint32_t)FL_PAGE;

    offset %= (uint32_t)FL_PAGE;
    switch (step->comparand) {
    case FTL_COMPARAND_INITIAL:
        return fill_bytes(FTL_FILL_TAG_INITIAL, step->region, at_page, offset);
    case FTL_COMPARAND_COPY:
        return fill_bytes(FTL_FILL_TAG_COPY, step->region, at_page, offset);
    case FTL_COMPARAND_ZERO:
        return 0;
    default:
        return step->value + lane;
    }
}

static void peer_register(const struct fl_exec *exec, const struct ftl_step *step, struct kvm_regs *regs)
{
    uint64_t peer = fl_gva(exec, step->peer_region, step->peer_page, step->peer_offset);

    switch (step->op) {
    case FTL_OP_PUSH:
        regs->rsp = peer + 8;
        break;
    case FTL_OP_POP:
        regs->rsp = peer;
        break;
    case FTL_OP_MOVS:
    case FTL_OP_REP_MOVS:
        regs->rsi = peer;
        break;
    default:
        break;
    }
}

void fl_registers(const struct fl_exec *exec, const struct ftl_step *step, uint32_t page,
                  struct kvm_regs *regs, uint32_t *guest_op)
{
    uint32_t width_log = (uint32_t)__builtin_ctz(step->width);

    *guest_op = payload_ops[step->op][width_log];
    *regs = (struct kvm_regs){.rax = step->value,
                              .rbx = step->value,
                              .rdi = fl_gva(exec, step->region, page, step->offset),
                              .rip = fl_guest_label(*guest_op),
                              .rflags = 2};
    switch (step->op) {
    case FTL_OP_CMPXCHG:
        regs->rax = comparand(step, page, 0);
        break;
    case FTL_OP_CMPXCHG16B:
        regs->rax = comparand(step, page, 0);
        regs->rdx = comparand(step, page, 1);
        regs->rcx = step->value + 1;
        break;
    case FTL_OP_LOCK_BTS:
        regs->rax = step->value % (8u * step->width);
        break;
    case FTL_OP_FETCH:
        regs->rax = FTL_GVA_TRAP;
        regs->rbx = fl_guest_doorbell(*guest_op);
        break;
    case FTL_OP_REP_MOVS:
    case FTL_OP_REP_STOS:
        regs->rcx = step->count;
        break;
    default:
        break;
    }
    peer_register(exec, step, regs);
}

/* Where lanes 2i and 2i+1 of register 0 are in the XSAVE area; NULL where this CPU has none. */
static uint64_t *vector_part(const struct faultline *context, struct kvm_xsave *xsave, uint32_t part)
{
    uint8_t *bytes = (uint8_t *)xsave->region;

    if (part == 0)
        return (uint64_t *)(void *)(bytes + 160);
    if (part == 1)
        return context->xsave.ymm_high ? (uint64_t *)(void *)(bytes + context->xsave.ymm_high) : NULL;
    if (!context->xsave.zmm_high)
        return NULL;
    return (uint64_t *)(void *)(bytes + context->xsave.zmm_high + (part - 2) * 16);
}

int fl_vector_set(const struct faultline *context, int vcpu_fd, uint64_t value)
{
    struct kvm_xsave xsave;
    uint64_t *header;

    if (ioctl(vcpu_fd, KVM_GET_XSAVE, &xsave))
        return errno;
    for (uint32_t part = 0; part < 4; part++) {
        uint64_t *lanes = vector_part(context, &xsave, part);

        if (!lanes)
            continue;
        lanes[0] = value + 2 * part;
        lanes[1] = value + 2 * part + 1;
    }
    /* XSTATE_BV: a component whose bit is clear is loaded as zeroes. */
    header = (uint64_t *)(void *)((uint8_t *)xsave.region + 512);
    *header |= context->xsave.xcr0 ? context->xsave.xcr0 : 3;
    return ioctl(vcpu_fd, KVM_SET_XSAVE, &xsave) ? errno : 0;
}

int fl_vector_get(const struct faultline *context, int vcpu_fd, uint64_t lanes[8])
{
    struct kvm_xsave xsave;

    memset(lanes, 0, 8 * sizeof(*lanes));
    if (ioctl(vcpu_fd, KVM_GET_XSAVE, &xsave))
        return errno;
    const uint64_t *header = (const uint64_t *)(const void *)((const uint8_t *)xsave.region + 512);

    for (uint32_t part = 0; part < 4; part++) {
        static const uint64_t component[] = {2, 4, 0x40, 0x40};
        const uint64_t *from = vector_part(context, &xsave, part);

        if (from && *header & component[part])
            memcpy(lanes + 2 * part, from, 16);
    }
    return 0;
}
