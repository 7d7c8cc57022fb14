/*
 * Kernel interface that is newer than the oldest headers this builds with (Linux 6.1). Numbers from
 * Documentation/virt/kvm/api.rst and include/uapi.
 */
#ifndef FL_UAPI_H
#define FL_UAPI_H

#include <linux/kvm.h>
#include <linux/userfaultfd.h>

#ifndef KVM_EXIT_MEMORY_FAULT
#define KVM_EXIT_MEMORY_FAULT 39
#endif
#ifndef KVM_CAP_MEMORY_FAULT_INFO
#define KVM_CAP_MEMORY_FAULT_INFO 232
#endif
#ifndef KVM_CAP_DIRTY_LOG_RING_WITH_BITMAP
#define KVM_CAP_DIRTY_LOG_RING_WITH_BITMAP 225
#endif
/* KVM_DIRTY_LOG_PAGE_OFFSET everywhere that has rings; headers before 6.2 have none for arm64 and say 0. */
#define FL_DIRTY_LOG_PAGE_OFFSET 64
#ifndef UFFD_FEATURE_POISON
#define UFFD_FEATURE_POISON (1 << 14)
#endif
#ifndef UFFDIO_POISON
struct uffdio_poison {
    struct uffdio_range range;
    __u64 mode;
    __s64 updated;
};
#define UFFDIO_POISON _IOWR(UFFDIO, 0x08, struct uffdio_poison)
#endif

/* Headers before 6.8 have no UFFDIO_MOVE. */
struct fl_uffdio_move {
    __u64 dst;
    __u64 src;
    __u64 len;
    __u64 mode;
    __s64 move;
};
#define FL_UFFDIO_MOVE _IOWR(UFFDIO, 0x05, struct fl_uffdio_move)

/* The union member of kvm_run for KVM_EXIT_MEMORY_FAULT; old headers do not name it. */
struct fl_memory_fault {
    __u64 flags;
    __u64 gpa;
    __u64 size;
};

#endif
