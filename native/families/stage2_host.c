/* What the host does with memory that the guest has too, and with its userfaultfd registrations. */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "stage2.h"

static void word(struct fl_exec *exec, const struct ftl_step *step)
{
    uint8_t *address = exec->vm->regions[step->region].hva + step->page * FL_PAGE + step->offset;
    uint64_t value = 0;
    int code = 0;
    bool ok;

    /* The calling thread is vCPU 0's, but this fault is the host's. */
    atomic_store(&exec->context->uffd.host_step, true);
    if (step->kind == FTL_STEP_HOST_WRITE)
        ok = fl_write_word(address, step->value, &code);
    else
        ok = fl_read_word(address, &value, &code);
    atomic_store(&exec->context->uffd.host_step, false);
    fl_uffd_drain(exec, &exec->out);
    if (ok && step->kind == FTL_STEP_HOST_WRITE)
        fl_sync_code(address, sizeof(step->value));
    if (ok)
        fl_result(exec, 0, value);
    else
        fl_event(&exec->out, exec->step, FTL_EVENT_SIGBUS, FL_HOST, (uint32_t)code,
                 step->region | (uint32_t)step->page << 8, 0, 0);
}

static void protect(struct fl_exec *exec, const struct ftl_step *step)
{
    static const int protections[] = {
        [FTL_PROT_NONE] = PROT_NONE,
        [FTL_PROT_READ] = PROT_READ,
        [FTL_PROT_READ_WRITE] = PROT_READ | PROT_WRITE,
    };
    struct fl_region *region = &exec->vm->regions[step->region];
    uint8_t *start;
    size_t bytes;

    fl_step_range(exec, step, &start, &bytes);
    region->reprotect = true;
    fl_result(exec, mprotect(start, bytes, protections[step->prot]) ? (uint32_t)errno : 0, 0);
}

static void release(struct fl_exec *exec)
{
    bool changed = false;

    if (fl_child_release(exec, &changed))
        fl_result(exec, FL_DRIVER_EINVAL, 0);
    else
        fl_event(&exec->out, exec->step, FTL_EVENT_CHILD, FL_HOST, changed, 0, 0, 0);
}

bool fl_stage2_host(struct fl_exec *exec, const struct ftl_step *step)
{
    switch (step->kind) {
    case FTL_STEP_HOST_READ:
    case FTL_STEP_HOST_WRITE:
        word(exec, step);
        return true;
    case FTL_STEP_HOST_MPROTECT:
        protect(exec, step);
        return true;
    case FTL_STEP_HOST_FORK:
        fl_result(exec, exec->child.pid ? FL_DRIVER_EINVAL : fl_child_fork(exec), 0);
        return true;
    case FTL_STEP_HOST_RELEASE:
        release(exec);
        return true;
    default:
        return false;
    }
}

static struct fl_answers answers_of(const struct ftl_step *step)
{
    struct fl_answers answers = {.modes = step->uffd_modes,
                                 .minor = step->minor_answer,
                                 .wp = step->wp_answer,
                                 .missing_count = step->missing_count,
                                 .delay_us = step->delay_us};

    memcpy(answers.missing, step->missing_answers, sizeof(answers.missing));
    return answers;
}

bool fl_stage2_uffd(struct fl_exec *exec, const struct ftl_step *step)
{
    struct fl_answers answers = answers_of(step);
    uint8_t *start;
    size_t bytes;
    int error = 0;

    switch (step->kind) {
    case FTL_STEP_UFFD_REGISTER:
        error = fl_uffd_register(exec, step->region, &answers);
        break;
    case FTL_STEP_UFFD_UNREGISTER:
        error = fl_uffd_unregister(exec->context, step->region);
        break;
    case FTL_STEP_UFFD_PROTECT:
    case FTL_STEP_UFFD_UNPROTECT:
        fl_step_range(exec, step, &start, &bytes);
        error = fl_uffd_protect(exec->context, step->region, (uintptr_t)start, bytes,
                                step->kind == FTL_STEP_UFFD_PROTECT);
        break;
    case FTL_STEP_UFFD_ANSWERS:
        fl_uffd_set_answers(exec, step->region, &answers);
        break;
    default:
        return false;
    }
    fl_result(exec, (uint32_t)error, 0);
    return true;
}
