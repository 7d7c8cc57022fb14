/* What this machine can do, and why it cannot do the rest. */
#include <cpuid.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "context.h"

#define CPUID_ENTRIES 256u
#define RING_ENTRIES  1024u
#define RING_RESERVED 64u  /* Documentation/virt/kvm/api.rst leaves it open; virt/kvm keeps this many free */
#define PML_ENTRIES   512u /* and Intel's page-modification log needs room for one buffer */
#define API_VERSION   12
#define XCR0_AVX      0x06u
#define XCR0_AVX512   0xe0u

static bool has_cap(const struct faultline *context, int cap)
{
    return ioctl(context->kvm, KVM_CHECK_EXTENSION, (unsigned long)cap) > 0;
}

static const struct kvm_cpuid_entry2 *leaf(const struct faultline *context, uint32_t function)
{
    for (uint32_t i = 0; context->cpuid && i < context->cpuid->nent; i++) {
        const struct kvm_cpuid_entry2 *entry = &context->cpuid->entries[i];

        if (entry->function == function && entry->index == 0)
            return entry;
    }
    return NULL;
}

/*
 * What the guest may put into XCR0 decides, not the feature bits of leaves 1 and 7: a KVM that runs CPL0 in
 * its emulator, which has no vector instructions, hides these, and yet CPL3 runs them.
 */
static void probe_vectors(struct faultline *context)
{
    const struct kvm_cpuid_entry2 *state = leaf(context, 0xd);
    uint32_t xcr0 = state ? state->eax : 0;

    context->xsave = fl_guest_xsave_layout();
    if (!context->xsave.ymm_high || (xcr0 & XCR0_AVX) != XCR0_AVX) {
        context->xsave = (struct fl_xsave_layout){0};
        return;
    }
    context->caps |= FTL_CAP_AVX;
    if (context->xsave.zmm_high && (xcr0 & XCR0_AVX512) == XCR0_AVX512) {
        context->caps |= FTL_CAP_AVX512;
        return;
    }
    context->xsave.zmm_high = 0;
    context->xsave.xcr0 &= ~(uint64_t)XCR0_AVX512;
}

static void probe_kvm_caps(struct faultline *context)
{
    static const struct {
        int cap;
        uint64_t bit;
    } caps[] = {
        {KVM_CAP_READONLY_MEM, FTL_CAP_READONLY_MEM},
        {KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2, FTL_CAP_MANUAL_PROTECT},
        {KVM_CAP_DIRTY_LOG_RING, FTL_CAP_DIRTY_RING},
        {KVM_CAP_MEMORY_FAULT_INFO, FTL_CAP_MEMORY_FAULT_INFO},
    };
    int sync = ioctl(context->kvm, KVM_CHECK_EXTENSION, (unsigned long)KVM_CAP_SYNC_REGS);

    context->caps |= FTL_CAP_KVM | FTL_CAP_DIRTY_LOG;
    if (sync > 0 &&
        (sync & (KVM_SYNC_X86_REGS | KVM_SYNC_X86_SREGS)) == (KVM_SYNC_X86_REGS | KVM_SYNC_X86_SREGS))
        context->caps |= FTL_CAP_SYNC_REGS;
    for (size_t i = 0; i < sizeof(caps) / sizeof(caps[0]); i++)
        context->caps |= has_cap(context, caps[i].cap) ? caps[i].bit : 0;
    probe_vectors(context);
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
    context->cpuid = calloc(1, sizeof(*context->cpuid) + CPUID_ENTRIES * sizeof(struct kvm_cpuid_entry2));
    if (ioctl(context->kvm, KVM_GET_API_VERSION, 0ul) != API_VERSION || size <= 0 || !context->cpuid) {
        context->kvm_errno = ENODEV;
        return;
    }
    context->vcpu_mmap_bytes = (uint32_t)size;
    context->ring_bytes = RING_ENTRIES * (uint32_t)sizeof(struct kvm_dirty_gfn);
    context->cpuid->nent = CPUID_ENTRIES;
    if (ioctl(context->kvm, KVM_GET_SUPPORTED_CPUID, context->cpuid)) {
        context->kvm_errno = errno;
        return;
    }
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

static void find_module(uint8_t *name, size_t size)
{
    static const char *const modules[] = {"kvm_intel", "kvm_amd", "kvm_pvm"};
    char path[64];

    for (size_t i = 0; i < sizeof(modules) / sizeof(modules[0]); i++) {
        snprintf(path, sizeof(path), "/sys/module/%s", modules[i]);
        if (access(path, F_OK))
            continue;
        snprintf((char *)name, size, "%s", modules[i]);
        return;
    }
}

static void describe_cpu(struct ftl_facts *facts)
{
    uint32_t words[12] = {0};
    uint32_t vendor[4] = {0};
    uint32_t highest;

    if (__get_cpuid(0, &highest, &vendor[0], &vendor[2], &vendor[1]))
        memcpy(facts->cpu_vendor, vendor, 12);
    for (uint32_t i = 0; i < 3; i++)
        __get_cpuid(0x80000002 + i, &words[4 * i], &words[4 * i + 1], &words[4 * i + 2], &words[4 * i + 3]);
    memcpy(facts->cpu_model, words, sizeof(facts->cpu_model));
    facts->cpu_model[sizeof(facts->cpu_model) - 1] = 0;
}

void fl_facts_fill(struct faultline *context, struct ftl_facts *facts)
{
    const struct kvm_cpuid_entry2 *address = leaf(context, 0x80000008);
    struct utsname name;
    char text[32];

    *facts = (struct ftl_facts){.magic = FTL_MAGIC,
                                .version = FTL_VERSION,
                                .caps = context->caps,
                                .kvm_errno = (uint32_t)context->kvm_errno,
                                .uffd_errno = (uint32_t)context->uffd_errno,
                                .physical_bits = address ? address->eax & 0xff : 0,
                                .ring_entries = RING_ENTRIES,
                                .ring_reserved = RING_RESERVED};
    describe_cpu(facts);
    find_module(facts->kvm_module, sizeof(facts->kvm_module));
    if (!strcmp((const char *)facts->kvm_module, "kvm_intel"))
        facts->ring_reserved += PML_ENTRIES;
    if (!uname(&name))
        snprintf((char *)facts->release, sizeof(facts->release), "%.63s", name.release);
    if (read_text("/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages", text, sizeof(text)))
        facts->free_huge_pages = (uint32_t)strtoul(text, NULL, 10);
}
