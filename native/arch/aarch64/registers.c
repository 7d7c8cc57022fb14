/* What the registers hold before an access: docs/native-contract.md, "aarch64". */
#include "internal.h"

/* Payload instruction by operation and log2 of the width in bytes; NO where the width is not legal. */
#define ROW(b1, b2, b4, b8, b16, b32, b64) \
    {                                      \
        b1, b2, b4, b8, b16, b32, b64      \
    }
#define NO          FL_OP_COUNT
#define SIZES(name) ROW(FL_OP_##name##_8, FL_OP_##name##_16, FL_OP_##name##_32, FL_OP_##name##_64, NO, NO, NO)
#define WORDS(name) ROW(NO, NO, FL_OP_##name##_32, FL_OP_##name##_64, NO, NO, NO)
#define DOUBLE(op)  ROW(NO, NO, NO, op, NO, NO, NO)
#define QUAD(op)    ROW(NO, NO, NO, NO, op, NO, NO)
#define BYTE(op)    ROW(op, NO, NO, NO, NO, NO, NO)

static const uint8_t payload_ops[FTL_OP_AARCH64_COUNT][7] = {
    [FTL_OP_AARCH64_LDR] = SIZES(ldr),
    [FTL_OP_AARCH64_LDRS] = ROW(FL_OP_ldrs_8, FL_OP_ldrs_16, FL_OP_ldrs_32, NO, NO, NO, NO),
    [FTL_OP_AARCH64_LDRS_W] = ROW(FL_OP_ldrs_w_8, FL_OP_ldrs_w_16, NO, NO, NO, NO, NO),
    [FTL_OP_AARCH64_STR] = SIZES(str),
    [FTL_OP_AARCH64_LDR_PRE] = DOUBLE(FL_OP_ldr_pre_64),
    [FTL_OP_AARCH64_LDR_POST] = DOUBLE(FL_OP_ldr_post_64),
    [FTL_OP_AARCH64_STR_PRE] = DOUBLE(FL_OP_str_pre_64),
    [FTL_OP_AARCH64_STR_POST] = DOUBLE(FL_OP_str_post_64),
    [FTL_OP_AARCH64_LDP] = QUAD(FL_OP_ldp_128),
    [FTL_OP_AARCH64_STP] = QUAD(FL_OP_stp_128),
    [FTL_OP_AARCH64_LDAR] = SIZES(ldar),
    [FTL_OP_AARCH64_STLR] = SIZES(stlr),
    [FTL_OP_AARCH64_LDXR] = WORDS(ldxr),
    [FTL_OP_AARCH64_STXR] = WORDS(stxr),
    [FTL_OP_AARCH64_CAS] = WORDS(cas),
    [FTL_OP_AARCH64_LDADD] = WORDS(ldadd),
    [FTL_OP_AARCH64_SWP] = WORDS(swp),
    [FTL_OP_AARCH64_LDR_Q] = QUAD(FL_OP_ldr_q),
    [FTL_OP_AARCH64_STR_Q] = QUAD(FL_OP_str_q),
    [FTL_OP_AARCH64_LDTR] = SIZES(ldtr),
    [FTL_OP_AARCH64_STTR] = SIZES(sttr),
    [FTL_OP_AARCH64_DC_ZVA] = ROW(NO, NO, NO, NO, NO, NO, FL_OP_dc_zva),
    [FTL_OP_AARCH64_DC_CIVAC] = BYTE(FL_OP_dc_civac),
    [FTL_OP_AARCH64_DC_CVAC] = BYTE(FL_OP_dc_cvac),
    [FTL_OP_AARCH64_AT_S1E1R] = BYTE(FL_OP_at_s1e1r),
    [FTL_OP_AARCH64_AT_S1E1W] = BYTE(FL_OP_at_s1e1w),
    [FTL_OP_AARCH64_PRFM] = BYTE(FL_OP_prfm),
    [FTL_OP_AARCH64_BLR] = ROW(NO, NO, FL_OP_blr, NO, NO, NO, NO),
};

#define WRITE_BACK 16u

static bool is_load(uint8_t op)
{
    return op == FTL_OP_AARCH64_LDR || op == FTL_OP_AARCH64_LDRS || op == FTL_OP_AARCH64_LDRS_W;
}

static void fill_registers(const struct ftl_step *step, uint32_t page, struct fl_run *run)
{
    run->start.x0 = step->value;
    switch (step->op) {
    case FTL_OP_AARCH64_LDR_PRE:
    case FTL_OP_AARCH64_STR_PRE:
        run->start.x1 -= WRITE_BACK;
        run->wanted.registers = true;
        break;
    case FTL_OP_AARCH64_LDR_POST:
    case FTL_OP_AARCH64_STR_POST:
        run->wanted.registers = true;
        break;
    case FTL_OP_AARCH64_LDP:
    case FTL_OP_AARCH64_STP:
        run->start.x2 = step->value + 1;
        break;
    case FTL_OP_AARCH64_CAS:
        run->start.x2 = fl_comparand(step, page, 0);
        run->wanted.old_value = true;
        break;
    case FTL_OP_AARCH64_STXR:
    case FTL_OP_AARCH64_LDADD:
    case FTL_OP_AARCH64_SWP:
        run->wanted.old_value = true;
        break;
    case FTL_OP_AARCH64_LDR_Q:
    case FTL_OP_AARCH64_STR_Q:
        run->start.q0[0] = step->value;
        run->start.q0[1] = step->value + 1;
        run->wanted.vector = true;
        run->wanted.lanes = step->op == FTL_OP_AARCH64_LDR_Q;
        break;
    default:
        break;
    }
}

int fl_access_run(const struct fl_exec *exec, const struct ftl_step *step, uint32_t page, struct fl_run *run)
{
    *run = (struct fl_run){.cpu = step->vcpu,
                           .user = exec->request->privilege == FTL_PRIVILEGE_USER,
                           .guest_op = payload_ops[step->op][__builtin_ctz(step->width)]};
    run->start.x1 = fl_gva(exec, step->region, page, step->offset);
    fill_registers(step, page, run);
    run->flip_value = exec->request->plant == FTL_PLANT_FLIP_READ_VALUE && is_load(step->op);
    return 0;
}

uint32_t fl_operand_last(const struct ftl_step *step)
{
    /* DC ZVA clears the block that the address is in. */
    if (step->op == FTL_OP_AARCH64_DC_ZVA)
        return step->offset | (step->width - 1u);
    return step->offset + step->width - 1u;
}
