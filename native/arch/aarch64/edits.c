/* Changing an entry of the page tables, and dropping what the processor derived from it. */
#include "internal.h"

/* The bit of an entry, and whether setting the flag clears it. */
static uint64_t flag_bit(const struct ftl_step *step, bool *inverted)
{
    *inverted = step->pte_flag == FTL_PTE_FLAG_AARCH64_WRITABLE;
    switch (step->pte_flag) {
    case FTL_PTE_FLAG_AARCH64_VALID:
        return 1ull << FTL_ARM_PTE_BIT_VALID;
    case FTL_PTE_FLAG_AARCH64_WRITABLE:
        return 1ull << FTL_ARM_PTE_BIT_READONLY;
    case FTL_PTE_FLAG_AARCH64_AF:
        return 1ull << FTL_ARM_PTE_BIT_ACCESSED;
    default:
        return 1ull << FTL_ARM_PTE_BIT_DBM;
    }
}

uint64_t fl_entry_edited(const struct ftl_step *step, uint64_t entry)
{
    bool inverted;
    uint64_t bit = flag_bit(step, &inverted);
    bool set = step->flags & FTL_STEP_SET;

    return set != inverted ? entry | bit : entry & ~bit;
}

void fl_edit_run(const struct fl_exec *exec, const struct ftl_step *step, uint64_t at, struct fl_run *run)
{
    bool atomics = exec->context->caps & FTL_CAP_LSE;
    bool set = step->flags & FTL_STEP_SET;
    bool inverted;

    *run = (struct fl_run){.cpu = step->vcpu, .user = exec->request->privilege == FTL_PRIVILEGE_USER};
    run->start.x0 = flag_bit(step, &inverted);
    run->start.x1 = FTL_ARM_GVA_PT_ALIAS + at;
    if (set != inverted)
        run->guest_op = atomics ? FL_OP_ldset_64 : FL_OP_set_64;
    else
        run->guest_op = atomics ? FL_OP_ldclr_64 : FL_OP_clear_64;
}

/*
 * One page for a leaf entry; an upper one maps other pages too. TLBI needs EL1, and reaches all processors of
 * the VM.
 */
bool fl_flush_run(const struct fl_exec *exec, const struct ftl_step *step, uint32_t cpu, struct fl_run *run)
{
    uint64_t va = fl_gva(exec, step->region, step->page, 0);
    uint64_t leaf_bytes = fl_geometry(exec->request->granule)->leaf_pages * FL_PAGE;

    *run = (struct fl_run){.cpu = cpu};
    run->guest_op = step->pte_level == FTL_PTE_LEVEL_AARCH64_L3 ? FL_OP_tlbi_page : FL_OP_tlbi_all;
    run->start.x0 = (va & ~(leaf_bytes - 1)) >> 12;
    return cpu == step->vcpu;
}
