/* Running one payload instruction and writing down every exit on its way. */
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>

#include "context.h"

/* Length of `out %al, imm8`. A native KVM may report the exit with RIP still at it. */
#define DOORBELL_BYTES 2

/* What the handler finds at RSP; payload.S pushed the first two, or the CPU the second. */
struct exception_frame {
    uint64_t vector;
    uint64_t error_code;
    uint64_t rip;
    uint64_t cs;
    uint64_t rflags;
    uint64_t rsp;
    uint64_t ss;
};

static void event(struct fl_exec *exec, uint32_t cpu, uint8_t kind, uint32_t arg, uint64_t a, uint64_t b,
                  uint64_t c)
{
    fl_event(&exec->cpu_events[cpu], exec->step, kind, (uint8_t)cpu, arg, a, b, c);
}

/* RIP of the access: its label, or for a fetch the target of the jump. */
static bool at_label(const struct fl_run *run, uint64_t rip)
{
    return rip == run->start.rip || (run->guest_op == FL_OP_fetch && rip == run->start.rdi);
}

static bool done(struct fl_exec *exec, const struct fl_run *run, struct fl_vcpu *vcpu)
{
    uint64_t doorbell = fl_guest_doorbell(run->guest_op);
    struct kvm_regs regs;

    if (fl_vcpu_get(exec->context, vcpu, &regs) ||
        (regs.rip != doorbell && regs.rip != doorbell + DOORBELL_BYTES)) {
        event(exec, run->cpu, FTL_EVENT_OTHER_EXIT, KVM_EXIT_IO, regs.rip, 0, 0);
        return false;
    }
    event(exec, run->cpu, FTL_EVENT_DONE, 0, run->flip_value ? regs.rax ^ 1 : regs.rax, regs.rdx,
          regs.rflags);
    if (run->lanes) {
        uint64_t lanes[12] = {0};

        fl_vector_get(exec->context, vcpu->fd, lanes);
        memset(lanes + run->lane_count, 0, (12 - run->lane_count) * sizeof(*lanes));
        for (uint32_t i = 0; i < run->lane_count; i += 3)
            event(exec, run->cpu, FTL_EVENT_LANES, i, lanes[i], lanes[i + 1], lanes[i + 2]);
    }
    if (run->registers)
        event(exec, run->cpu, FTL_EVENT_REGISTERS, 0, regs.rdi - run->start.rdi,
              run->registers_rsp ? regs.rsp - run->start.rsp : regs.rsi - run->start.rsi, regs.rcx);
    return true;
}

static bool has_error_code(uint64_t vector)
{
    return vector == 8 || (vector >= 10 && vector <= 14) || vector == 17 || vector == 21;
}

static void exception(struct fl_exec *exec, const struct fl_run *run, struct fl_vcpu *vcpu)
{
    struct exception_frame frame;
    struct kvm_sregs sregs;
    struct kvm_regs regs;
    uint64_t label = run->guest_op == FL_OP_fetch ? run->start.rdi : run->start.rip;

    vcpu->loaded = false;
    if (fl_vcpu_get(exec->context, vcpu, &regs) || regs.rsp > FL_CODE_SIZE - sizeof(frame) ||
        ioctl(vcpu->fd, KVM_GET_SREGS, &sregs)) {
        event(exec, run->cpu, FTL_EVENT_OTHER_EXIT, KVM_EXIT_IO, regs.rsp, 0, 0);
        return;
    }
    memcpy(&frame, exec->vm->code + regs.rsp, sizeof(frame));
    event(exec, run->cpu, FTL_EVENT_EXCEPTION,
          (uint32_t)(frame.vector & 0xff) | (has_error_code(frame.vector) ? 0x100u : 0) |
              (at_label(run, frame.rip) ? 0x10000u : 0),
          has_error_code(frame.vector) ? frame.error_code : 0, frame.vector == 14 ? sregs.cr2 : 0,
          frame.rip - label);
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
    event(exec, cpu, FTL_EVENT_MMIO, len | (run->mmio.is_write ? 0x100u : 0), run->mmio.phys_addr,
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

        event(exec, run->cpu, FTL_EVENT_SIGBUS, (uint32_t)code, where, 0, 0);
        return false;
    }
    if (error == EINTR || error == EAGAIN)
        return true;
    if (vcpu->run->exit_reason == KVM_EXIT_MEMORY_FAULT) {
        const struct fl_memory_fault *fault = (const struct fl_memory_fault *)(const void *)&vcpu->run->mmio;

        event(exec, run->cpu, FTL_EVENT_MEMORY_FAULT, (uint32_t)error, fault->flags, fault->gpa, fault->size);
    } else {
        event(exec, run->cpu, FTL_EVENT_RUN_ERROR, (uint32_t)error, 0, 0, 0);
    }
    return false;
}

/* An exit that ends the access without the doorbell. */
static void abnormal_exit(struct fl_exec *exec, const struct fl_run *run, struct fl_vcpu *vcpu)
{
    struct kvm_regs regs;

    switch (vcpu->run->exit_reason) {
    case KVM_EXIT_INTERNAL_ERROR:
        fl_vcpu_get(exec->context, vcpu, &regs);
        event(exec, run->cpu, FTL_EVENT_INTERNAL_ERROR, vcpu->run->internal.suberror,
              vcpu->run->internal.ndata, vcpu->run->internal.ndata ? vcpu->run->internal.data[0] : 0,
              at_label(run, regs.rip));
        break;
    case KVM_EXIT_DIRTY_RING_FULL:
        event(exec, run->cpu, FTL_EVENT_RING_FULL, 0, 0, 0, 0);
        break;
    case KVM_EXIT_SHUTDOWN:
        event(exec, run->cpu, FTL_EVENT_SHUTDOWN, 0, 0, 0, 0);
        exec->discard_vm = true;
        break;
    default:
        event(exec, run->cpu, FTL_EVENT_OTHER_EXIT, vcpu->run->exit_reason, 0, 0, 0);
        exec->discard_vm = true;
        break;
    }
}

/* Enters the guest until the access is over. True when the doorbell rang. */
static bool run_to_end(struct fl_exec *exec, const struct fl_run *run, struct fl_vcpu *vcpu)
{
    for (uint32_t exits = 0; exits < FL_MAX_EXITS; exits++) {
        vcpu->run->exit_reason = KVM_EXIT_UNKNOWN;
        if (ioctl(vcpu->fd, KVM_RUN, 0ul)) {
            if (run_failed(exec, run, vcpu, errno))
                continue;
            return false;
        }
        if (vcpu->run->exit_reason == KVM_EXIT_MMIO) {
            mmio(exec, run->cpu, vcpu->run);
            continue;
        }
        if (vcpu->run->exit_reason == KVM_EXIT_IO && vcpu->run->io.port == FL_PORT_DONE)
            return done(exec, run, vcpu);
        if (vcpu->run->exit_reason == KVM_EXIT_IO && vcpu->run->io.port == FL_PORT_EXCEPTION)
            exception(exec, run, vcpu);
        else
            abnormal_exit(exec, run, vcpu);
        return false;
    }
    hang(exec, run->cpu);
    return false;
}

bool fl_run(struct fl_exec *exec, const struct fl_run *run)
{
    struct fl_vcpu *vcpu = &exec->vm->vcpus[run->cpu];
    int error = fl_vcpu_set(exec->context, vcpu, &run->start, run->user);
    bool rang;

    if (error) {
        fl_fail(exec, FTL_STATUS_FAULT, "setting the registers of vCPU %u failed: %s", run->cpu,
                strerror(error));
        return false;
    }
    fl_enter_guest();
    rang = run_to_end(exec, run, vcpu);
    fl_leave_guest();
    if (!rang)
        fl_vcpu_recover(vcpu);
    return rang;
}

static void access_page(struct fl_exec *exec, const struct ftl_step *step, uint32_t page)
{
    struct fl_run run = {.cpu = step->vcpu, .user = exec->request->privilege == FTL_PRIVILEGE_USER};

    fl_registers(exec, step, page, &run.start, &run.guest_op);
    if (fl_is_wide(step->op)) {
        int error = fl_vector_set(exec->context, exec->vm->vcpus[run.cpu].fd, step->value);

        if (error) {
            fl_fail(exec, FTL_STATUS_FAULT, "setting the vector registers failed: %s", strerror(error));
            return;
        }
        run.lanes = step->op == FTL_OP_MOVUPS_LOAD || step->op == FTL_OP_MOVAPS_LOAD ||
                    step->op == FTL_OP_AVX_LOAD || step->op == FTL_OP_AVX512_LOAD;
        run.lane_count = step->width / 8u;
    }
    run.registers = step->op >= FTL_OP_PUSH && step->op <= FTL_OP_REP_STOS;
    run.registers_rsp = step->op == FTL_OP_PUSH || step->op == FTL_OP_POP;
    run.flip_value = exec->request->plant == FTL_PLANT_FLIP_READ_VALUE && fl_is_load(step->op);
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
