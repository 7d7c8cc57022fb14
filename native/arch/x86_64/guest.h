/* The guest side of x86_64: where the payload's instructions are and how a vCPU is set up to run them. */
#ifndef FL_GUEST_H
#define FL_GUEST_H

#include "machine.h"

/* Addresses of a labelled instruction and of the doorbell after it. */
uint64_t fl_guest_label(uint32_t op);
uint64_t fl_guest_doorbell(uint32_t op);

/* Long mode, at CPL0 or CPL3, with XCR0 enabled or not. `sregs` holds what KVM_GET_SREGS gave. */
void fl_guest_sregs(struct kvm_sregs *sregs, uint32_t cpu, int user, int xsave);

struct fl_xsave_layout fl_guest_xsave_layout(void);

#endif
