/* What the registers hold before an access: docs/native-contract.md, "Registers". */
#include "internal.h"

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

static void fill_registers(const struct fl_exec *exec, const struct ftl_step *step, uint32_t page,
                           struct kvm_regs *regs, uint32_t *guest_op)
{
    uint32_t width_log = (uint32_t)__builtin_ctz(step->width);

    *guest_op = payload_ops[step->op][width_log];
    *regs = (struct kvm_regs){.rax = step->value,
                              .rbx = step->value,
                              .rdi = fl_gva(exec, step->region, page, step->offset),
                              .rip = fl_guest_label(*guest_op),
                              .rflags = FL_RFLAGS};
    switch (step->op) {
    case FTL_OP_CMPXCHG:
        regs->rax = fl_comparand(step, page, 0);
        break;
    case FTL_OP_CMPXCHG16B:
        regs->rax = fl_comparand(step, page, 0);
        regs->rdx = fl_comparand(step, page, 1);
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

static bool is_wide(uint8_t op)
{
    return op >= FTL_OP_MOVUPS_LOAD && op <= FTL_OP_AVX512_STORE;
}

static bool is_load(uint8_t op)
{
    return op == FTL_OP_LOAD || op == FTL_OP_LOAD_ZX || op == FTL_OP_LOAD_SX;
}

int fl_access_run(const struct fl_exec *exec, const struct ftl_step *step, uint32_t page, struct fl_run *run)
{
    int error;

    *run = (struct fl_run){.cpu = step->vcpu, .user = exec->request->privilege == FTL_PRIVILEGE_USER};
    fill_registers(exec, step, page, &run->start.regs, &run->guest_op);
    if (is_wide(step->op)) {
        error = fl_vector_set(exec->context, exec->vm->vcpus[run->cpu].fd, step->value);
        if (error)
            return error;
        run->wanted.lanes = step->op == FTL_OP_MOVUPS_LOAD || step->op == FTL_OP_MOVAPS_LOAD ||
                            step->op == FTL_OP_AVX_LOAD || step->op == FTL_OP_AVX512_LOAD;
        run->wanted.lane_count = step->width / 8u;
    }
    run->wanted.registers = step->op >= FTL_OP_PUSH && step->op <= FTL_OP_REP_STOS;
    run->wanted.registers_rsp = step->op == FTL_OP_PUSH || step->op == FTL_OP_POP;
    run->flip_value = exec->request->plant == FTL_PLANT_FLIP_READ_VALUE && is_load(step->op);
    return 0;
}

uint32_t fl_operand_last(const struct ftl_step *step)
{
    uint32_t elements = step->op == FTL_OP_REP_MOVS || step->op == FTL_OP_REP_STOS ? step->count : 1;

    return step->offset + elements * step->width - 1;
}
