#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>

#include "internal.h"

int fl_vcpu_init(const struct faultline *context, struct fl_vm *vm, uint32_t cpu)
{
    const struct fl_arch_context *arch = &context->arch;
    struct fl_vcpu *vcpu = &vm->vcpus[cpu];
    struct kvm_sregs *sregs = vcpu->arch.sregs;

    if (ioctl(vcpu->fd, KVM_SET_CPUID2, arch->cpuid))
        return errno;
    if (arch->xsave.xcr0) {
        struct kvm_xcrs xcrs = {.nr_xcrs = 1, .xcrs = {{.xcr = 0, .value = arch->xsave.xcr0}}};

        if (ioctl(vcpu->fd, KVM_SET_XCRS, &xcrs))
            return errno;
    }
    if (ioctl(vcpu->fd, KVM_GET_SREGS, &sregs[0]))
        return errno;
    sregs[1] = sregs[0];
    fl_guest_sregs(&sregs[0], cpu, 0, arch->xsave.xcr0 != 0);
    fl_guest_sregs(&sregs[1], cpu, 1, arch->xsave.xcr0 != 0);
    return 0;
}

/* Registers for the next KVM_RUN, and segments where the privilege changes. */
int fl_vcpu_begin(const struct faultline *context, struct fl_vcpu *vcpu, const struct fl_run *run)
{
    struct fl_arch_vcpu *arch = &vcpu->arch;
    bool segments = !arch->loaded || arch->user != run->user;

    if (context->caps & FTL_CAP_SYNC_REGS) {
        vcpu->run->s.regs.regs = run->start.regs;
        vcpu->run->kvm_valid_regs = KVM_SYNC_X86_REGS;
        vcpu->run->kvm_dirty_regs = KVM_SYNC_X86_REGS;
        if (segments) {
            vcpu->run->s.regs.sregs = arch->sregs[run->user];
            vcpu->run->kvm_dirty_regs |= KVM_SYNC_X86_SREGS;
        }
    } else {
        if (segments && ioctl(vcpu->fd, KVM_SET_SREGS, &arch->sregs[run->user]))
            return errno;
        if (ioctl(vcpu->fd, KVM_SET_REGS, &run->start.regs))
            return errno;
    }
    arch->loaded = true;
    arch->user = run->user;
    return 0;
}

int fl_vcpu_get(const struct faultline *context, struct fl_vcpu *vcpu, struct kvm_regs *regs)
{
    if (context->caps & FTL_CAP_SYNC_REGS) {
        *regs = vcpu->run->s.regs.regs;
        return 0;
    }
    return ioctl(vcpu->fd, KVM_GET_REGS, regs) ? errno : 0;
}

int fl_vcpu_recover(struct fl_vcpu *vcpu)
{
    struct kvm_vcpu_events events;

    /* An exception or interrupt half delivered would strike the next access. */
    memset(&events, 0, sizeof(events));
    vcpu->arch.loaded = false;
    return ioctl(vcpu->fd, KVM_SET_VCPU_EVENTS, &events) ? errno : 0;
}
