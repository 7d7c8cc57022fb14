/* Running one payload instruction and writing down every exit on its way. */
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>

#include "arch.h"

void fl_cpu_event(struct fl_exec *exec, uint32_t cpu, uint8_t kind, uint32_t arg, uint64_t a, uint64_t b,
                  uint64_t c)
{
    fl_event(&exec->cpu_events[cpu], exec->step, kind, (uint8_t)cpu, arg, a, b, c);
}

static void mmio(struct fl_exec *exec, uint32_t cpu, struct kvm_run *run)
{
    const struct ftl_request *request = exec->request;
    uint32_t len = run->mmio.len;
    uint64_t mask = len >= 8 ? ~0ull : (1ull << (8 * len)) - 1;
    uint64_t data = 0;

    if (run->mmio.is_write) {
        memcpy(&data, run->mmio.data, sizeof(data));
        if (request->plant == FTL_PLANT_SWALLOW_MMIO)
            return;
    } else {
        uint32_t next = atomic_fetch_add(&exec->reads_used, 1);

        data = request->reads[next < request->read_count ? next : request->read_count - 1u];
        memcpy(run->mmio.data, &data, sizeof(data));
    }
    fl_cpu_event(exec, cpu, FTL_EVENT_MMIO, len | (run->mmio.is_write ? 0x100u : 0), run->mmio.phys_addr,
                 data & mask, 0);
}

/* The event itself comes last of all. */
static void hang(struct fl_exec *exec, uint32_t cpu)
{
    exec->hang_cpu = (uint8_t)cpu;
    atomic_store(&exec->hang, true);
}

/* KVM_RUN failed. True: nothing happened, run again. */
static bool run_failed(struct fl_exec *exec, const struct fl_run *run, struct fl_vcpu *vcpu, int error)
{
    uint64_t address;
    int code;

    if (atomic_load(&exec->context->watchdog.expired)) {
        hang(exec, run->cpu);
        return false;
    }
    if (fl_take_sigbus(&address, &code)) {
        uint64_t where = fl_locate(exec->vm, address);

        fl_cpu_event(exec, run->cpu, FTL_EVENT_SIGBUS, (uint32_t)code, where, 0, 0);
        return false;
    }
    if (error == EINTR || error == EAGAIN)
        return true;
    if (vcpu->run->exit_reason == KVM_EXIT_MEMORY_FAULT) {
        const struct fl_memory_fault *fault = (const struct fl_memory_fault *)(const void *)&vcpu->run->mmio;

        fl_cpu_event(exec, run->cpu, FTL_EVENT_MEMORY_FAULT, (uint32_t)error, fault->flags, fault->gpa,
                     fault->size);
    } else {
        fl_cpu_event(exec, run->cpu, FTL_EVENT_RUN_ERROR, (uint32_t)error, 0, 0, 0);
    }
    return false;
}

/* An exit that ends the access without the doorbell. */
static void abnormal_exit(struct fl_exec *exec, const struct fl_run *run, struct fl_vcpu *vcpu)
{
    switch (vcpu->run->exit_reason) {
    case KVM_EXIT_INTERNAL_ERROR:
        fl_cpu_event(exec, run->cpu, FTL_EVENT_INTERNAL_ERROR, vcpu->run->internal.suberror,
                     vcpu->run->internal.ndata, vcpu->run->internal.ndata ? vcpu->run->internal.data[0] : 0,
                     fl_at_access(exec, run, vcpu));
        break;
    case KVM_EXIT_DIRTY_RING_FULL:
        fl_cpu_event(exec, run->cpu, FTL_EVENT_RING_FULL, 0, 0, 0, 0);
        break;
    case KVM_EXIT_SHUTDOWN:
        fl_cpu_event(exec, run->cpu, FTL_EVENT_SHUTDOWN, 0, 0, 0, 0);
        exec->discard_vm = true;
        break;
    default:
        fl_cpu_event(exec, run->cpu, FTL_EVENT_OTHER_EXIT, vcpu->run->exit_reason, 0, 0, 0);
        exec->discard_vm = true;
        break;
    }
}

/* Enters the guest until the access is over. True when the doorbell rang. */
static bool run_to_end(struct fl_exec *exec, const struct fl_run *run, struct fl_vcpu *vcpu)
{
    for (uint32_t exits = 0; exits < FL_MAX_EXITS; exits++) {
        /* An old one must not be taken for this one's; others tell KVM what to finish first. */
        if (vcpu->run->exit_reason == KVM_EXIT_MEMORY_FAULT)
            vcpu->run->exit_reason = KVM_EXIT_UNKNOWN;
        if (ioctl(vcpu->fd, KVM_RUN, 0ul)) {
            if (run_failed(exec, run, vcpu, errno))
                continue;
            return false;
        }
        switch (fl_exit_kind(vcpu->run)) {
        case FL_EXIT_MMIO:
            mmio(exec, run->cpu, vcpu->run);
            continue;
        case FL_EXIT_DONE:
            return fl_report_done(exec, run, vcpu);
        case FL_EXIT_EXCEPTION:
            fl_report_exception(exec, run, vcpu);
            return false;
        case FL_EXIT_OTHER:
            abnormal_exit(exec, run, vcpu);
            return false;
        }
    }
    hang(exec, run->cpu);
    return false;
}

bool fl_run(struct fl_exec *exec, const struct fl_run *run)
{
    struct fl_vcpu *vcpu = &exec->vm->vcpus[run->cpu];
    int error = fl_vcpu_begin(exec->context, vcpu, run);
    bool rang;

    if (error) {
        fl_fail(exec, FTL_STATUS_FAULT, "setting the registers of vCPU %u failed: %s", run->cpu,
                strerror(error));
        return false;
    }
    fl_enter_guest();
    rang = run_to_end(exec, run, vcpu);
    fl_leave_guest();
    error = rang ? 0 : fl_vcpu_recover(vcpu);
    if (error)
        fl_fail(exec, FTL_STATUS_FAULT, "putting vCPU %u back failed: %s", run->cpu, strerror(error));
    return rang;
}

static void access_page(struct fl_exec *exec, const struct ftl_step *step, uint32_t page)
{
    struct fl_run run;
    int error = fl_access_run(exec, step, page, &run);

    if (error)
        fl_fail(exec, FTL_STATUS_FAULT, "setting the vector registers failed: %s", strerror(error));
    else
        fl_run(exec, &run);
}

void fl_sweep(struct fl_exec *exec, const struct ftl_step *step, bool flush_each)
{
    for (uint32_t i = 0; i < step->pages; i++) {
        if (exec->status != FTL_STATUS_OK || atomic_load(&exec->hang))
            return;
        access_page(exec, step, step->page + i);
        if (flush_each) {
            fl_flush_step(exec);
            if (!atomic_load(&exec->hang))
                fl_access_ptes(exec, step, step->page + i);
        }
    }
}

void fl_flush_step(struct fl_exec *exec)
{
    fl_uffd_drain(exec, &exec->out);
    for (uint32_t cpu = 0; cpu < FL_VCPUS; cpu++)
        fl_events_append(&exec->out, &exec->cpu_events[cpu]);
}
