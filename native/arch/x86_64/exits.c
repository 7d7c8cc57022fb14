/* What an exit of the payload says. */
#include <string.h>
#include <sys/ioctl.h>

#include "internal.h"

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

/* RIP of the access: its label, or for a fetch the target of the jump. */
static bool at_label(const struct fl_run *run, uint64_t rip)
{
    return rip == run->start.regs.rip || (run->guest_op == FL_OP_fetch && rip == run->start.regs.rdi);
}

bool fl_report_done(struct fl_exec *exec, const struct fl_run *run, struct fl_vcpu *vcpu)
{
    uint64_t doorbell = fl_guest_doorbell(run->guest_op);
    struct kvm_regs regs;

    if (fl_vcpu_get(exec->context, vcpu, &regs) ||
        (regs.rip != doorbell && regs.rip != doorbell + DOORBELL_BYTES)) {
        fl_cpu_event(exec, run->cpu, FTL_EVENT_OTHER_EXIT, KVM_EXIT_IO, regs.rip, 0, 0);
        return false;
    }
    fl_cpu_event(exec, run->cpu, FTL_EVENT_DONE, 0, run->flip_value ? regs.rax ^ 1 : regs.rax, regs.rdx,
                 regs.rflags & ~FL_RFLAGS_IOPL);
    if (run->wanted.lanes) {
        uint64_t lanes[12] = {0};

        fl_vector_get(exec->context, vcpu->fd, lanes);
        memset(lanes + run->wanted.lane_count, 0, (12 - run->wanted.lane_count) * sizeof(*lanes));
        for (uint32_t i = 0; i < run->wanted.lane_count; i += 3)
            fl_cpu_event(exec, run->cpu, FTL_EVENT_LANES, i, lanes[i], lanes[i + 1], lanes[i + 2]);
    }
    if (run->wanted.registers)
        fl_cpu_event(exec, run->cpu, FTL_EVENT_REGISTERS, 0, regs.rdi - run->start.regs.rdi,
                     run->wanted.registers_rsp ? regs.rsp - run->start.regs.rsp
                                               : regs.rsi - run->start.regs.rsi,
                     regs.rcx);
    return true;
}

static bool has_error_code(uint64_t vector)
{
    return vector == 8 || (vector >= 10 && vector <= 14) || vector == 17 || vector == 21;
}

void fl_report_exception(struct fl_exec *exec, const struct fl_run *run, struct fl_vcpu *vcpu)
{
    struct exception_frame frame;
    struct kvm_sregs sregs;
    struct kvm_regs regs;
    uint64_t label = run->guest_op == FL_OP_fetch ? run->start.regs.rdi : run->start.regs.rip;

    vcpu->arch.loaded = false;
    if (fl_vcpu_get(exec->context, vcpu, &regs) || regs.rsp > FL_CODE_SIZE - sizeof(frame) ||
        ioctl(vcpu->fd, KVM_GET_SREGS, &sregs)) {
        fl_cpu_event(exec, run->cpu, FTL_EVENT_OTHER_EXIT, KVM_EXIT_IO, regs.rsp, 0, 0);
        return;
    }
    memcpy(&frame, exec->vm->code + regs.rsp, sizeof(frame));
    fl_cpu_event(exec, run->cpu, FTL_EVENT_EXCEPTION,
                 (uint32_t)(frame.vector & 0xff) | (has_error_code(frame.vector) ? 0x100u : 0) |
                     (at_label(run, frame.rip) ? 0x10000u : 0),
                 has_error_code(frame.vector) ? frame.error_code : 0, frame.vector == 14 ? sregs.cr2 : 0,
                 frame.rip - label);
}

bool fl_at_access(struct fl_exec *exec, const struct fl_run *run, struct fl_vcpu *vcpu)
{
    struct kvm_regs regs;

    return !fl_vcpu_get(exec->context, vcpu, &regs) && at_label(run, regs.rip);
}

enum fl_exit fl_exit_kind(const struct kvm_run *run)
{
    if (run->exit_reason == KVM_EXIT_MMIO)
        return FL_EXIT_MMIO;
    if (run->exit_reason == KVM_EXIT_IO && run->io.port == FL_PORT_DONE)
        return FL_EXIT_DONE;
    if (run->exit_reason == KVM_EXIT_IO && run->io.port == FL_PORT_EXCEPTION)
        return FL_EXIT_EXCEPTION;
    return FL_EXIT_OTHER;
}
