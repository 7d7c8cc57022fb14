/* What this CPU and its KVM can do. */
#include <cpuid.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "internal.h"

#define CPUID_ENTRIES 256u
#define PML_ENTRIES   512u /* Intel's page-modification log wants room for one buffer in a dirty ring */
#define XCR0_AVX      0x06u
#define XCR0_AVX512   0xe0u

static const struct kvm_cpuid_entry2 *leaf(const struct faultline *context, uint32_t function)
{
    for (uint32_t i = 0; context->arch.cpuid && i < context->arch.cpuid->nent; i++) {
        const struct kvm_cpuid_entry2 *entry = &context->arch.cpuid->entries[i];

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

    context->arch.xsave = fl_guest_xsave_layout();
    if (!context->arch.xsave.ymm_high || (xcr0 & XCR0_AVX) != XCR0_AVX) {
        context->arch.xsave = (struct fl_xsave_layout){0};
        return;
    }
    context->caps |= FTL_CAP_AVX;
    if (context->arch.xsave.zmm_high && (xcr0 & XCR0_AVX512) == XCR0_AVX512) {
        context->caps |= FTL_CAP_AVX512;
        return;
    }
    context->arch.xsave.zmm_high = 0;
    context->arch.xsave.xcr0 &= ~(uint64_t)XCR0_AVX512;
}

int fl_arch_probe(struct faultline *context)
{
    const int needed = KVM_SYNC_X86_REGS | KVM_SYNC_X86_SREGS;
    int sync = ioctl(context->kvm, KVM_CHECK_EXTENSION, (unsigned long)KVM_CAP_SYNC_REGS);
    struct kvm_cpuid2 *cpuid = calloc(1, sizeof(*cpuid) + CPUID_ENTRIES * sizeof(struct kvm_cpuid_entry2));

    context->arch.cpuid = cpuid;
    if (!cpuid)
        return ENOMEM;
    cpuid->nent = CPUID_ENTRIES;
    if (ioctl(context->kvm, KVM_GET_SUPPORTED_CPUID, cpuid))
        return errno;
    if (sync > 0 && (sync & needed) == needed)
        context->caps |= FTL_CAP_SYNC_REGS;
    probe_vectors(context);
    return 0;
}

void fl_arch_forget(struct faultline *context)
{
    free(context->arch.cpuid);
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

void fl_arch_facts(const struct faultline *context, struct ftl_facts *facts)
{
    const struct kvm_cpuid_entry2 *address = leaf(context, 0x80000008);

    facts->physical_bits = address ? address->eax & 0xff : 0;
    describe_cpu(facts);
    find_module(facts->kvm_module, sizeof(facts->kvm_module));
    if (!strcmp((const char *)facts->kvm_module, "kvm_intel"))
        facts->ring_reserved += PML_ENTRIES;
}

const char *fl_arch_missing(const struct fl_exec *exec)
{
    uint64_t caps = exec->context->caps;

    if (fl_uses_op(exec, FTL_OP_AVX_LOAD, FTL_OP_AVX_STORE) && !(caps & FTL_CAP_AVX))
        return "this CPU or KVM has no AVX";
    if (fl_uses_op(exec, FTL_OP_AVX512_LOAD, FTL_OP_AVX512_STORE) && !(caps & FTL_CAP_AVX512))
        return "this CPU or KVM has no AVX-512";
    return NULL;
}
