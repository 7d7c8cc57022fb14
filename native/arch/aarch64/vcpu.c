/*
 * A vCPU's registers are set once, when it is made. From then on it takes its commands from memory: reading
 * or writing a register from outside costs a system call, under emulation as much as an exit.
 */
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>

#include "internal.h"

/* EL1h; debug exceptions, IRQ and FIQ masked. */
#define PSTATE_KERNEL 0x2c5u

/* RES1 bits, MMU and caches on, EL0 may do cache maintenance and DC ZVA, alignment checked for nothing but
 * atomics, PAN left alone on exceptions. */
#define SCTLR 0x34d5d805ull
/* 0: device nGnRE; 1: normal memory, write-back. */
#define MAIR  0xff04ull
#define CPACR (3ull << 20) /* no traps of vector instructions */

int fl_reg_get(int vcpu_fd, uint64_t number, uint64_t *value)
{
    struct kvm_one_reg reg = {.id = number, .addr = (uintptr_t)value};

    return ioctl(vcpu_fd, KVM_GET_ONE_REG, &reg) ? errno : 0;
}

int fl_reg_set(int vcpu_fd, uint64_t number, uint64_t value)
{
    struct kvm_one_reg reg = {.id = number, .addr = (uintptr_t)&value};

    return ioctl(vcpu_fd, KVM_SET_ONE_REG, &reg) ? errno : 0;
}

/* To where the next command is taken, at EL1. */
static int set_entry(int vcpu_fd)
{
    int error = fl_reg_set(vcpu_fd, FL_CORE_REG(regs.pc), fl_guest_entry());

    return error ? error : fl_reg_set(vcpu_fd, FL_CORE_REG(regs.pstate), PSTATE_KERNEL);
}

int fl_vcpu_init(const struct faultline *context, struct fl_vm *vm, uint32_t cpu)
{
    const struct {
        uint64_t number;
        uint64_t value;
    } registers[] = {
        {ARM64_SYS_REG(3, 0, 10, 2, 0), MAIR},
        {ARM64_SYS_REG(3, 0, 2, 0, 0), FTL_GPA_PT},      /* TTBR0_EL1 */
        {ARM64_SYS_REG(3, 0, 2, 0, 1), FL_UPPER_L1_GPA}, /* TTBR1_EL1 */
        {ARM64_SYS_REG(3, 0, 2, 0, 2), fl_tcr(FTL_GRANULE_4K, 0)},
        {ARM64_SYS_REG(3, 0, 12, 0, 0), fl_guest_vectors()},                          /* VBAR_EL1 */
        {ARM64_SYS_REG(3, 3, 13, 0, 3), FL_UPPER_BASE + FL_BLOCK_GPA((uint64_t)cpu)}, /* TPIDRRO_EL0 */
        {ARM64_SYS_REG(3, 0, 1, 0, 2), CPACR},
        {ARM64_SYS_REG(3, 0, 1, 0, 0), SCTLR},
    };
    struct fl_vcpu *vcpu = &vm->vcpus[cpu];

    vcpu->arch.block = vm->code + FL_BLOCK_GPA(cpu);
    if (ioctl(vcpu->fd, KVM_ARM_VCPU_INIT, &context->arch.init))
        return errno;
    for (size_t i = 0; i < sizeof(registers) / sizeof(registers[0]); i++) {
        int error = fl_reg_set(vcpu->fd, registers[i].number, registers[i].value);

        if (error)
            return error;
    }
    return set_entry(vcpu->fd);
}

int fl_vcpu_begin(const struct faultline *context, struct fl_vcpu *vcpu, const struct fl_run *run)
{
    /* A flush that no command has come to yet stays wanted. */
    uint64_t mode = fl_block_read(vcpu, FL_BLOCK_MODE) & 1u << FL_MODE_FLUSH;

    (void)context;
    mode |= (run->user ? 1u << FL_MODE_USER : 0) | (run->wanted.vector ? 1u << FL_MODE_VECTOR : 0);
    fl_block_write(vcpu, FL_BLOCK_MODE, mode);
    fl_block_write(vcpu, FL_BLOCK_LABEL, fl_guest_label(run->guest_op));
    fl_block_write(vcpu, FL_BLOCK_X0, run->start.x0);
    fl_block_write(vcpu, FL_BLOCK_X1, run->start.x1);
    fl_block_write(vcpu, FL_BLOCK_X2, run->start.x2);
    fl_block_write(vcpu, FL_BLOCK_Q0, run->start.q0[0]);
    fl_block_write(vcpu, FL_BLOCK_Q0 + 8, run->start.q0[1]);
    return 0;
}

/*
 * An exception that reached the guest's handler is over: the handler takes the next command. Everything else
 * left the vCPU at the access. KVM has committed by then whatever it had injected, so a new PC is all it
 * takes.
 */
int fl_vcpu_recover(struct fl_vcpu *vcpu)
{
    return fl_exit_kind(vcpu->run) == FL_EXIT_EXCEPTION ? 0 : set_entry(vcpu->fd);
}
