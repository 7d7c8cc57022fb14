/* What the files of this architecture share. */
#ifndef FL_INTERNAL_H
#define FL_INTERNAL_H

#include "arch.h"
#include "guest.h"

/*
 * What the guest starts with. IOPL lets CPL3 ring the doorbell where the TSS's bitmap does not: QEMU's
 * emulation of SVM takes no busy TSS for one. It is the driver's own, and is not shown.
 */
#define FL_RFLAGS_IOPL 0x3000ull
#define FL_RFLAGS      (FL_RFLAGS_IOPL | 2)

/* vcpu.c: registers as they are after KVM_RUN; 0 or errno. */
int fl_vcpu_get(const struct faultline *context, struct fl_vcpu *vcpu, struct kvm_regs *regs);

/* vector.c: lane i of the widest register 0 is value + i; 0 or errno. */
int fl_vector_set(const struct faultline *context, int vcpu_fd, uint64_t value);
int fl_vector_get(const struct faultline *context, int vcpu_fd, uint64_t lanes[8]);

#endif
