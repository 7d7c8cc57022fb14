/* Executes the uffd family: userfaultfd itself as a state machine, without a guest and without /dev/kvm. */
#include "uffd.h"

#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

/* How long a thread may take to end once nothing holds it. */
#define STUCK_NS 1000000000ull

void flu_event(struct flu *flu, uint8_t kind, uint8_t thread, uint32_t arg, uint64_t a, uint64_t b)
{
    fl_event(&flu->exec->out, flu->exec->step, kind, thread, arg, a, b, 0);
}

static struct flu *create(struct faultline *context)
{
    struct flu *flu = calloc(1, sizeof(*flu));

    if (!flu)
        return NULL;
    flu->threads = mmap(NULL, FL_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (flu->threads == MAP_FAILED) {
        free(flu);
        return NULL;
    }
    flu->context = context;
    flu->fd = -1;
    flu->memory = -1;
    flu->child.fd = -1;
    return flu;
}

static struct flu *family_of(struct faultline *context)
{
    if (!context->uffd_family)
        context->uffd_family = create(context);
    return context->uffd_family;
}

static void run_step(struct flu *flu, const struct ftl_uffd_step *step)
{
    switch (step->kind) {
    case FTL_UFFD_STEP_KIND_READ:
    case FTL_UFFD_STEP_KIND_WRITE:
    case FTL_UFFD_STEP_KIND_KERNEL_READ:
    case FTL_UFFD_STEP_KIND_KERNEL_WRITE:
        return flu_access(flu, step);
    case FTL_UFFD_STEP_KIND_IOCTL:
        return flu_ioctl(flu, step);
    case FTL_UFFD_STEP_KIND_ADVISE:
        return flu_advise(flu, step);
    case FTL_UFFD_STEP_KIND_PAGEMAP:
        return flu_pagemap(flu, step);
    case FTL_UFFD_STEP_KIND_FORK:
        return flu_fork(flu);
    case FTL_UFFD_STEP_KIND_EXIT:
        return flu_exit(flu);
    default:
        return flu_api(flu, step);
    }
}

static void commit_plant(const struct ftl_uffd_request *request)
{
    if (request->plant == FTL_PLANT_CRASH) {
        signal(SIGSEGV, SIG_DFL);
        raise(SIGSEGV);
    }
    while (request->plant == FTL_PLANT_WEDGE)
        pause();
}

/* Whether a step's event is to be read after the next one: one event at a time, and a fork reads them all. */
static bool is_held(const struct flu *flu, uint32_t step)
{
    const struct ftl_uffd_step *it = &flu->frame.steps[step];

    if (it->kind != FTL_UFFD_STEP_KIND_ADVISE || it->mode != 1 || flu->held || flu->threads[it->thread].busy)
        return false;
    return step + 1u < flu->frame.request.step_count && it[1].kind != FTL_UFFD_STEP_KIND_FORK;
}

/* False when a thread did not come to rest in time. */
static bool run_steps(struct flu *flu)
{
    struct fl_exec *exec = flu->exec;
    bool hold;

    for (uint32_t i = 0; i < flu->frame.request.step_count; i++) {
        exec->step = i;
        if (flu->context->blackbox)
            flu->context->blackbox->step = i;
        hold = is_held(flu, i);
        run_step(flu, &flu->frame.steps[i]);
        if (exec->status != FTL_STATUS_OK)
            return true;
        if (hold ? !flu_settle_held(flu, &flu->threads[flu->frame.steps[i].thread]) : !flu_settle(flu))
            return false;
    }
    flu_end(flu);
    return true;
}

static bool all_idle(const struct flu *flu)
{
    for (uint32_t i = 0; i < FTL_UFFD_THREADS; i++) {
        if (flu->threads[i].busy)
            return false;
    }
    return true;
}

/* Without its memory a thread that is left cannot but end. One that does not takes the process with it: the
 * black box names the scenario, and no other one meets it. */
static void forget_stuck(struct flu *flu)
{
    uint64_t until = fl_now_ns() + STUCK_NS;

    for (uint32_t i = 0; i < FTL_UFFD_THREADS; i++) {
        struct flu_thread *thread = &flu->threads[i];

        while (thread->busy && !atomic_load(&thread->done) && fl_now_ns() < until)
            sched_yield();
        if (thread->busy && !atomic_load(&thread->done))
            raise(SIGKILL);
        thread->busy = false;
    }
}

/* Closing the descriptor frees whoever waits; a thread that stays is a finding, and its memory must stay too.
 */
static void release(struct flu *flu)
{
    flu_child_let_go(flu);
    if (flu->fd >= 0)
        close(flu->fd);
    flu->fd = -1;
    flu->held = NULL;
    if (!flu_child_kill(flu)) {
        flu_event(flu, FTL_UFFD_EVENT_KIND_STUCK, FLU_CHILD, 0, 0, 0);
        fl_fail(flu->exec, FTL_STATUS_HANG, "the forked child cannot be ended");
    }
    if (!all_idle(flu)) {
        flu->deadline_ns = fl_now_ns() + STUCK_NS;
        flu_settle(flu);
    }
    for (uint8_t i = 0; i < FTL_UFFD_THREADS; i++) {
        if (flu->threads[i].busy) {
            flu_event(flu, FTL_UFFD_EVENT_KIND_STUCK, i, 0, 0, 0);
            fl_fail(flu->exec, FTL_STATUS_HANG, "thread %u is left in a fault", i);
        }
    }
    flu_memory_close(flu);
    forget_stuck(flu);
}

const char *flu_accept(struct fl_exec *exec, const uint8_t *bytes, uint32_t size, char *text, size_t room)
{
    struct flu *flu = family_of(exec->context);

    return flu ? flu_decode(&flu->frame, bytes, size, text, room) : "out of memory";
}

void flu_execute(struct fl_exec *exec)
{
    struct flu *flu = exec->context->uffd_family;

    flu->exec = exec;
    flu->held = NULL;
    flu->deadline_ns = fl_now_ns() + (uint64_t)flu->frame.request.deadline_ms * 1000000u;
    commit_plant(&flu->frame.request);
    if (!flu_threads_start(flu))
        fl_fail(exec, FTL_STATUS_FAULT, "the threads that touch memory could not be started");
    else if (!flu_memory_open(flu))
        fl_fail(exec, FTL_STATUS_FAULT, "the memory under test cannot be had");
    else if (flu_handshake(flu) && !run_steps(flu))
        fl_fail(exec, FTL_STATUS_HANG, "the deadline of %u ms passed in step %u",
                flu->frame.request.deadline_ms, exec->step);
    release(flu);
}

void flu_close(struct faultline *context)
{
    struct flu *flu = context->uffd_family;

    if (!flu)
        return;
    flu_forker_stop(flu);
    flu_threads_stop(flu);
    for (uint32_t tag = 0; tag < FTL_UFFD_FILL_COUNT; tag++)
        free(flu->fills[tag]);
    free(flu->huge_source);
    if (flu->readonly)
        munmap(flu->readonly, FL_PAGE);
    if (flu->stretch)
        munmap(flu->stretch, FL_PAGE);
    munmap(flu->threads, FL_PAGE);
    free(flu);
    context->uffd_family = NULL;
}
