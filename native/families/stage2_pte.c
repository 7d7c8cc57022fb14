/* Changing an entry of the guest's page tables, from the guest or from the host. */
#include "arch.h"
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

/* Silent unless it fails. */
static void flush(struct fl_exec *exec, const struct ftl_step *step)
{
    for (uint32_t cpu = 0; cpu < exec->request->vcpus; cpu++) {
        struct fl_events *events = &exec->cpu_events[cpu];
        struct fl_run run;

        if (!fl_flush_run(exec, step, cpu, &run))
            continue;
        run_one(exec, &run);
        if (events->count == 1 && events->items[0].kind == FTL_EVENT_DONE)
            events->count = 0;
        fl_flush_step(exec);
    }
}

static void by_guest(struct fl_exec *exec, const struct ftl_step *step, uint64_t at)
{
    struct fl_run run;

    fl_edit_run(exec, step, at, &run);
    run_one(exec, &run);
    fl_flush_step(exec);
}

static void by_host(struct fl_exec *exec, const struct ftl_step *step, uint64_t at)
{
    void *entry = exec->vm->regions[FTL_REGION_PT].hva + at;
    uint64_t word;
    int code;

    fl_stale_host_wrote(exec->vm);
    atomic_store(&exec->context->uffd.host_step, true);
    bool ok = fl_read_word(entry, &word, &code);

    if (ok)
        ok = fl_write_word(entry, fl_entry_edited(step, word), &code);
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
        if (step->flags & FTL_STEP_FLUSH && fl_stale_drop(exec->vm))
            fl_fail(exec, FTL_STATUS_FAULT, "dropping cached translations failed");
    }
    if (step->flags & FTL_STEP_FLUSH)
        flush(exec, step);
}
