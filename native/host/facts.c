/* What this machine can do, and why it cannot do the rest. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "arch.h"

#define RING_ENTRIES  1024u
#define RING_RESERVED 64u /* Documentation/virt/kvm/api.rst leaves it open; virt/kvm keeps this many free */
#define API_VERSION   12

bool fl_has_cap(const struct faultline *context, int cap)
{
    return ioctl(context->kvm, KVM_CHECK_EXTENSION, (unsigned long)cap) > 0;
}

static void probe_kvm_caps(struct faultline *context)
{
    static const struct {
        int cap;
        uint64_t bit;
    } caps[] = {
        {KVM_CAP_READONLY_MEM, FTL_CAP_READONLY_MEM},
        {KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2, FTL_CAP_MANUAL_PROTECT},
        {FL_RING_CAP, FTL_CAP_DIRTY_RING},
        {KVM_CAP_MEMORY_FAULT_INFO, FTL_CAP_MEMORY_FAULT_INFO},
    };

    context->caps |= FTL_CAP_KVM | FTL_CAP_DIRTY_LOG;
    for (size_t i = 0; i < sizeof(caps) / sizeof(caps[0]); i++)
        context->caps |= fl_has_cap(context, caps[i].cap) ? caps[i].bit : 0;
}

static void probe_kvm(struct faultline *context)
{
    int size;

    context->kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
    if (context->kvm < 0) {
        context->kvm_errno = errno;
        return;
    }
    size = ioctl(context->kvm, KVM_GET_VCPU_MMAP_SIZE, 0ul);
    if (ioctl(context->kvm, KVM_GET_API_VERSION, 0ul) != API_VERSION || size <= 0) {
        context->kvm_errno = ENODEV;
        return;
    }
    context->vcpu_mmap_bytes = (uint32_t)size;
    context->ring_bytes = RING_ENTRIES * (uint32_t)sizeof(struct kvm_dirty_gfn);
    context->kvm_errno = fl_arch_probe(context);
    if (context->kvm_errno)
        return;
    probe_kvm_caps(context);
}

static void probe_uffd(struct faultline *context)
{
    static const struct {
        uint64_t features;
        uint64_t bit;
    } caps[] = {
        {UFFD_FEATURE_MISSING_SHMEM, FTL_CAP_UFFD_MISSING_SHMEM},
        {UFFD_FEATURE_MISSING_HUGETLBFS, FTL_CAP_UFFD_MISSING_HUGETLB},
        {UFFD_FEATURE_MINOR_HUGETLBFS, FTL_CAP_UFFD_MINOR_HUGETLB},
        {UFFD_FEATURE_MINOR_SHMEM, FTL_CAP_UFFD_MINOR_SHMEM},
        {UFFD_FEATURE_PAGEFAULT_FLAG_WP, FTL_CAP_UFFD_WP},
        {UFFD_FEATURE_WP_HUGETLBFS_SHMEM, FTL_CAP_UFFD_WP_SHMEM_HUGETLB},
        {UFFD_FEATURE_POISON, FTL_CAP_UFFD_POISON},
        {UFFD_FEATURE_THREAD_ID, FTL_CAP_UFFD_THREAD_ID},
    };

    if (!fl_uffd_probe(context))
        return;
    context->caps |= FTL_CAP_USERFAULTFD;
    for (size_t i = 0; i < sizeof(caps) / sizeof(caps[0]); i++)
        context->caps |= context->uffd_features & caps[i].features ? caps[i].bit : 0;
}

static bool read_text(const char *path, char *text, size_t size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got = fd < 0 ? -1 : read(fd, text, size - 1);

    if (fd >= 0)
        close(fd);
    text[got > 0 ? got : 0] = 0;
    return got > 0;
}

void fl_probe(struct faultline *context)
{
    char text[64];
    int fd;

    probe_kvm(context);
    probe_uffd(context);
    if (read_text("/sys/kernel/mm/transparent_hugepage/enabled", text, sizeof(text)) &&
        !strstr(text, "[never]"))
        context->caps |= FTL_CAP_THP;
    fd = memfd_create("faultline-probe", MFD_CLOEXEC | MFD_HUGETLB);
    if (fd >= 0) {
        context->caps |= FTL_CAP_MEMFD_HUGETLB;
        close(fd);
    }
}

void fl_facts_fill(struct faultline *context, struct ftl_facts *facts)
{
    struct utsname name;
    char text[32];

    *facts = (struct ftl_facts){.magic = FTL_MAGIC,
                                .version = FTL_VERSION,
                                .arch = FL_ARCH,
                                .caps = context->caps,
                                .kvm_errno = (uint32_t)context->kvm_errno,
                                .uffd_errno = (uint32_t)context->uffd_errno,
                                .ring_entries = RING_ENTRIES,
                                .ring_reserved = RING_RESERVED};
    fl_arch_facts(context, facts);
    if (!uname(&name))
        snprintf((char *)facts->release, sizeof(facts->release), "%.63s", name.release);
    if (read_text("/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages", text, sizeof(text)))
        facts->free_huge_pages = (uint32_t)strtoul(text, NULL, 10);
}
