/* What an exit of the payload says. */
#include <string.h>

#include "internal.h"

#define ESR_EC(esr)     ((esr) >> 26 & 0x3f)
#define ESR_FNV         (1ull << 10) /* FAR is not valid */
#define EC_FETCH_LOWER  0x20
#define EC_FETCH_SAME   0x21
#define EC_DATA_LOWER   0x24
#define EC_DATA_SAME    0x25
#define HAS_SYNDROME    0x100u
#define AT_LABEL        0x10000u
#define DOORBELL_OFFSET 0xfffull

static bool is_doorbell(const struct kvm_run *run)
{
    return run->mmio.is_write && (run->mmio.phys_addr & ~DOORBELL_OFFSET) == FTL_GPA_DOORBELL;
}

enum fl_exit fl_exit_kind(const struct kvm_run *run)
{
    if (run->exit_reason != KVM_EXIT_MMIO)
        return FL_EXIT_OTHER;
    if (!is_doorbell(run))
        return FL_EXIT_MMIO;
    return (run->mmio.phys_addr & DOORBELL_OFFSET) == FL_DOORBELL_DONE ? FL_EXIT_DONE : FL_EXIT_EXCEPTION;
}

/* PC of the access: its label, or for a fetch the target of the jump. */
static bool at_label(const struct fl_run *run, uint64_t pc)
{
    return pc == fl_guest_label(run->guest_op) || (run->guest_op == FL_OP_blr && pc == run->start.x1);
}

bool fl_report_done(struct fl_exec *exec, const struct fl_run *run, struct fl_vcpu *vcpu)
{
    uint64_t x0 = fl_block_read(vcpu, FL_BLOCK_RESULT_X0);
    uint64_t x1 = fl_block_read(vcpu, FL_BLOCK_RESULT_X0 + 8);
    uint64_t x2 = fl_block_read(vcpu, FL_BLOCK_RESULT_X2);
    uint64_t status = fl_block_read(vcpu, FL_BLOCK_RESULT_X2 + 8);
    uint64_t a = run->wanted.old_value ? x2 : x0;
    uint64_t rang;

    memcpy(&rang, vcpu->run->mmio.data, sizeof(rang));
    if (rang != run->guest_op) {
        fl_cpu_event(exec, run->cpu, FTL_EVENT_OTHER_EXIT, KVM_EXIT_MMIO, rang, 0, 0);
        exec->discard_vm = true;
        return false;
    }
    fl_cpu_event(exec, run->cpu, FTL_EVENT_DONE, 0, run->flip_value ? a ^ 1 : a, x2, status);
    if (run->wanted.lanes)
        fl_cpu_event(exec, run->cpu, FTL_EVENT_LANES, 0, fl_block_read(vcpu, FL_BLOCK_RESULT_Q0),
                     fl_block_read(vcpu, FL_BLOCK_RESULT_Q0 + 8), 0);
    if (run->wanted.registers)
        fl_cpu_event(exec, run->cpu, FTL_EVENT_REGISTERS, 0, x1 - run->start.x1, 0, 0);
    return true;
}

static bool has_address(uint64_t vector, uint64_t esr)
{
    uint64_t class = ESR_EC(esr);

    if (vector != 0 || esr & ESR_FNV)
        return false;
    return class == EC_FETCH_LOWER || class == EC_FETCH_SAME || class == EC_DATA_LOWER ||
           class == EC_DATA_SAME;
}

void fl_report_exception(struct fl_exec *exec, const struct fl_run *run, struct fl_vcpu *vcpu)
{
    uint64_t vector = fl_block_read(vcpu, FL_BLOCK_VECTOR);
    uint64_t esr = fl_block_read(vcpu, FL_BLOCK_VECTOR + 8);
    uint64_t far = fl_block_read(vcpu, FL_BLOCK_FAR);
    uint64_t elr = fl_block_read(vcpu, FL_BLOCK_FAR + 8);
    bool fetch = run->guest_op == FL_OP_blr;

    fl_cpu_event(exec, run->cpu, FTL_EVENT_EXCEPTION,
                 (uint32_t)vector | HAS_SYNDROME | (at_label(run, elr) ? AT_LABEL : 0), esr,
                 has_address(vector, esr) ? far : 0,
                 elr - (fetch ? run->start.x1 : fl_guest_label(run->guest_op)));
    /* A scenario may have put anything where it jumps to: the guest is not to be trusted after running it. */
    if (fetch && !at_label(run, elr))
        exec->discard_vm = true;
}

bool fl_at_access(struct fl_exec *exec, const struct fl_run *run, struct fl_vcpu *vcpu)
{
    uint64_t pc;

    (void)exec;
    return !fl_reg_get(vcpu->fd, FL_CORE_REG(regs.pc), &pc) && at_label(run, pc);
}
