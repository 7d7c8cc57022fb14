/* The stage2 family: guest accesses against memory that faults. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "stage2.h"

struct race_half {
    struct fl_exec *exec;
    const struct ftl_step *step;
    pthread_barrier_t *barrier;
};

void fl_result(struct fl_exec *exec, uint32_t error, uint64_t a)
{
    fl_event(&exec->out, exec->step, FTL_EVENT_RESULT, FL_HOST, error, a, 0, 0);
}

static void run_half(void *argument)
{
    const struct race_half *half = argument;

    if (half->barrier)
        pthread_barrier_wait(half->barrier);
    fl_sweep(half->exec, half->step, !half->barrier);
}

static void single(struct fl_exec *exec, const struct ftl_step *step)
{
    struct race_half half = {exec, step, NULL};

    fl_on_vcpu_thread(exec->context, step->vcpu, run_half, &half);
    fl_flush_step(exec);
}

static void race(struct fl_exec *exec, const struct ftl_step *first, const struct ftl_step *second)
{
    pthread_barrier_t barrier;
    struct race_half halves[2] = {{exec, first, &barrier}, {exec, second, &barrier}};
    const struct race_half *mine = first->vcpu == 0 ? &halves[0] : &halves[1];
    struct race_half *other = first->vcpu == 0 ? &halves[1] : &halves[0];

    pthread_barrier_init(&barrier, NULL, 2);
    fl_runner_post(exec->context, run_half, other);
    run_half((void *)(uintptr_t)mine);
    fl_runner_wait(exec->context);
    pthread_barrier_destroy(&barrier);
    fl_flush_step(exec);
    for (uint32_t i = 0; i < 2 && !atomic_load(&exec->hang); i++) {
        for (uint32_t page = 0; page < halves[i].step->pages; page++)
            fl_access_ptes(exec, halves[i].step, halves[i].step->page + page);
    }
}

void fl_step_range(const struct fl_exec *exec, const struct ftl_step *step, uint8_t **start, size_t *bytes)
{
    const struct fl_region *region = &exec->vm->regions[step->region];
    size_t unit = fl_is_hugetlb(region->shape.backing) ? FL_HUGE : FL_PAGE;
    size_t first = step->page * FL_PAGE / unit * unit;
    size_t end = ((step->page + step->pages) * FL_PAGE + unit - 1) / unit * unit;

    if (end > region->bytes)
        end = region->bytes;
    *start = region->hva + first;
    *bytes = end - first;
}

static void hole(struct fl_exec *exec, const struct ftl_step *step)
{
    struct fl_region *region = &exec->vm->regions[step->region];
    const struct fl_mapping *mapping = &region->maps[region->shape.backing];
    uint8_t *start;
    size_t bytes;
    int failed;

    fl_step_range(exec, step, &start, &bytes);
    /* Lazily freed pages come back at the kernel's whim, and a huge hole may be refilled with small pages. */
    region->tainted |= step->hole_method == FTL_HOLE_METHOD_FREE || fl_is_huge(region->shape.backing);
    exec->pt_may_have_holes |= step->region == FTL_REGION_PT;
    switch (step->hole_method) {
    case FTL_HOLE_METHOD_PUNCH:
        failed = fallocate(mapping->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, start - mapping->base,
                           (off_t)bytes);
        break;
    case FTL_HOLE_METHOD_DONTNEED:
        failed = madvise(start, bytes, MADV_DONTNEED);
        break;
    case FTL_HOLE_METHOD_REMOVE:
        failed = madvise(start, bytes, MADV_REMOVE);
        break;
    default:
        failed = madvise(start, bytes, MADV_FREE);
        break;
    }
    fl_result(exec, failed ? (uint32_t)errno : 0, 0);
}

static void run_step(struct fl_exec *exec, const struct ftl_step *step)
{
    if (step->kind == FTL_STEP_ACCESS)
        single(exec, step);
    else if (step->kind == FTL_STEP_HOLE)
        hole(exec, step);
    else if (step->kind == FTL_STEP_PTE)
        fl_stage2_pte(exec, step);
    else if (!fl_stage2_memslot(exec, step) && !fl_stage2_dirty(exec, step) && !fl_stage2_host(exec, step))
        fl_stage2_uffd(exec, step);
}

static void note_step(struct fl_exec *exec, uint32_t number)
{
    exec->step = number;
    if (exec->context->blackbox)
        exec->context->blackbox->step = number;
}

static bool register_regions(struct fl_exec *exec)
{
    for (uint32_t slot = FTL_REGION_PT; slot < FL_SLOTS; slot++) {
        const struct ftl_region *region = &exec->regions[slot - FTL_REGION_PT];
        struct fl_answers answers = {.modes = region->uffd_modes,
                                     .minor = region->minor_answer,
                                     .wp = region->wp_answer,
                                     .missing_count = region->missing_count,
                                     .delay_us = region->delay_us};
        int error;

        if (!exec->vm->regions[slot].shape.used || !region->uffd_modes)
            continue;
        memcpy(answers.missing, region->missing_answers, sizeof(answers.missing));
        error = fl_uffd_register(exec, slot, &answers);
        if (error) {
            fl_fail(exec, FTL_STATUS_SKIPPED, "userfaultfd modes %u cannot be registered on region %u: %s",
                    region->uffd_modes, slot, strerror(error));
            return false;
        }
    }
    return true;
}

void fl_stage2_run(struct fl_exec *exec)
{
    uint32_t number = 0;

    if (exec->request->plant == FTL_PLANT_CRASH) {
        signal(SIGSEGV, SIG_DFL);
        raise(SIGSEGV);
    }
    while (exec->request->plant == FTL_PLANT_WEDGE)
        pause();
    if (!register_regions(exec))
        return;
    for (uint32_t i = 0; i < exec->request->step_count; i++) {
        const struct ftl_step *step = &exec->steps[i];

        note_step(exec, number++);
        if (step->kind == FTL_STEP_ACCESS && step->flags & FTL_STEP_RACE_WITH_NEXT)
            race(exec, step, &exec->steps[++i]);
        else
            run_step(exec, step);
        if (exec->status != FTL_STATUS_OK || atomic_load(&exec->hang))
            return;
        if (atomic_load(&exec->context->watchdog.expired)) {
            exec->hang_cpu = step->kind == FTL_STEP_ACCESS ? step->vcpu : FL_HOST;
            atomic_store(&exec->hang, true);
            return;
        }
    }
}
