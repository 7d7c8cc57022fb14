/* Changing an entry of the page tables, and dropping what the processor derived from it. */
#include "internal.h"

static uint64_t flag_bit(uint8_t flag)
{
    static const uint8_t bits[] = {
        [FTL_PTE_FLAG_PRESENT] = FTL_PTE_BIT_PRESENT,
        [FTL_PTE_FLAG_WRITABLE] = FTL_PTE_BIT_WRITABLE,
        [FTL_PTE_FLAG_ACCESSED] = FTL_PTE_BIT_ACCESSED,
        [FTL_PTE_FLAG_DIRTY] = FTL_PTE_BIT_DIRTY,
    };

    return 1ull << bits[flag];
}

uint64_t fl_entry_edited(const struct ftl_step *step, uint64_t entry)
{
    return step->flags & FTL_STEP_SET ? entry | flag_bit(step->pte_flag) : entry & ~flag_bit(step->pte_flag);
}

void fl_edit_run(const struct fl_exec *exec, const struct ftl_step *step, uint64_t at, struct fl_run *run)
{
    bool set = step->flags & FTL_STEP_SET;
    uint32_t op = set ? FL_OP_lock_or_64 : FL_OP_lock_and_64;
    uint64_t operand = set ? flag_bit(step->pte_flag) : ~flag_bit(step->pte_flag);

    *run = (struct fl_run){
        .cpu = step->vcpu, .user = exec->request->privilege == FTL_PRIVILEGE_USER, .guest_op = op};
    run->start.regs = (struct kvm_regs){.rax = operand,
                                        .rbx = operand,
                                        .rdi = FTL_GVA_PT_ALIAS + at,
                                        .rip = fl_guest_label(op),
                                        .rflags = FL_RFLAGS};
}

/*
 * INVLPG for a leaf entry; an upper one maps other pages too, so CR3 is loaded again. Both are privileged and
 * always run at CPL0, and each processor has to do it for itself.
 */
bool fl_flush_run(const struct fl_exec *exec, const struct ftl_step *step, uint32_t cpu, struct fl_run *run)
{
    uint32_t op = step->pte_level == FTL_PTE_LEVEL_PTE ? FL_OP_invlpg : FL_OP_reload_cr3;

    *run = (struct fl_run){.cpu = cpu, .guest_op = op};
    run->start.regs = (struct kvm_regs){.rax = FL_PML4_GPA,
                                        .rdi = fl_gva(exec, step->region, step->page, 0),
                                        .rip = fl_guest_label(op),
                                        .rflags = FL_RFLAGS};
    return true;
}
