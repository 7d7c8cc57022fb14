/* Changing an entry of the guest's page tables, from the guest or from the host. */
#include "stage2.h"

static void run_on_vcpu(void *argument)
{
    const struct fl_pte_run *job = argument;

    fl_run(job->exec, &job->run);
}

/* One payload instruction on its vCPU's thread. */
static void run_one(struct fl_exec *exec, const struct fl_run *run)
{
    struct fl_pte_run job = {exec, *run};

    fl_on_vcpu_thread(exec->context, run->cpu, run_on_vcpu, &job);
}

/*
 * INVLPG for a leaf entry; an upper one maps other pages too, so CR3 is loaded again. Both are privileged and
 * always run at CPL0. They are silent unless they fail.
 */
static void flush(struct fl_exec *exec, const struct ftl_step *step)
{
    uint32_t op = step->pte_level == FTL_PTE_LEVEL_PTE ? FL_OP_invlpg : FL_OP_reload_cr3;

    for (uint32_t cpu = 0; cpu < exec->request->vcpus; cpu++) {
        struct fl_events *events = &exec->cpu_events[cpu];
        struct fl_run run = {.cpu = cpu, .guest_op = op};

        run.start = (struct kvm_regs){.rax = FL_PML4_GPA,
                                      .rdi = fl_gva(exec, step->region, step->page, 0),
                                      .rip = fl_guest_label(op),
                                      .rflags = 2};
        run_one(exec, &run);
        if (events->count == 1 && events->items[0].kind == FTL_EVENT_DONE)
            events->count = 0;
        fl_flush_step(exec);
    }
}

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

static void by_guest(struct fl_exec *exec, const struct ftl_step *step, uint64_t at)
{
    bool set = step->flags & FTL_STEP_SET;
    uint32_t op = set ? FL_OP_lock_or_64 : FL_OP_lock_and_64;
    uint64_t operand = set ? flag_bit(step->pte_flag) : ~flag_bit(step->pte_flag);
    struct fl_run run = {
        .cpu = step->vcpu, .user = exec->request->privilege == FTL_PRIVILEGE_USER, .guest_op = op};

    run.start = (struct kvm_regs){
        .rax = operand, .rbx = operand, .rdi = FTL_GVA_PT_ALIAS + at, .rip = fl_guest_label(op), .rflags = 2};
    run_one(exec, &run);
    fl_flush_step(exec);
}

static void by_host(struct fl_exec *exec, const struct ftl_step *step, uint64_t at)
{
    void *entry = exec->vm->regions[FTL_REGION_PT].hva + at;
    uint64_t word;
    int code;

    exec->vm->tables_stale = true;
    atomic_store(&exec->context->uffd.host_step, true);
    bool ok = fl_read_word(entry, &word, &code);

    if (ok) {
        word =
            step->flags & FTL_STEP_SET ? word | flag_bit(step->pte_flag) : word & ~flag_bit(step->pte_flag);
        ok = fl_write_word(entry, word, &code);
    }
    atomic_store(&exec->context->uffd.host_step, false);
    fl_uffd_drain(exec, &exec->out);
    if (ok)
        fl_result(exec, 0, 0);
    else
        fl_event(&exec->out, exec->step, FTL_EVENT_SIGBUS, FL_HOST, (uint32_t)code,
                 FTL_REGION_PT | at / FL_PAGE << 8, 0, 0);
}

void fl_stage2_pte(struct fl_exec *exec, const struct ftl_step *step)
{
    uint64_t at = fl_entry_offset(exec, step->region, step->page, step->pte_level);

    if (step->actor == FTL_ACTOR_GUEST) {
        by_guest(exec, step, at);
    } else {
        by_host(exec, step, at);
        if (step->flags & FTL_STEP_FLUSH && fl_vm_zap(exec->vm))
            fl_fail(exec, FTL_STATUS_FAULT, "the scratch memslot could not be created and deleted");
    }
    if (step->flags & FTL_STEP_FLUSH)
        flush(exec, step);
}
