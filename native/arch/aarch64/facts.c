/* What this CPU and its KVM can do. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "internal.h"

/* Fields of the identification registers, as a guest sees them. */
#define FIELD(value, shift) ((value) >> (shift)&0xf)
#define ID_AA64MMFR0        ARM64_SYS_REG(3, 0, 0, 7, 0)
#define ID_AA64MMFR1        ARM64_SYS_REG(3, 0, 0, 7, 1)
#define ID_AA64ISAR0        ARM64_SYS_REG(3, 0, 0, 6, 0)
#define MMFR0_TGRAN16       20
#define MMFR0_TGRAN64       24
#define MMFR0_TGRAN4        28
#define TGRAN_NONE          0xf
#define MMFR1_HAFDBS        0
#define ISAR0_ATOMIC        20
#define DCZID_PROHIBITED    0x10u
#define ZVA_BYTES           64u /* what the operation's width says */

static void take_features(struct faultline *context, uint64_t mmfr0, uint64_t mmfr1, uint64_t isar0)
{
    context->caps |= FIELD(isar0, ISAR0_ATOMIC) >= 2 ? FTL_CAP_LSE : 0;
    context->caps |= FIELD(mmfr1, MMFR1_HAFDBS) >= 1 ? FTL_CAP_HA : 0;
    context->caps |= FIELD(mmfr1, MMFR1_HAFDBS) >= 2 ? FTL_CAP_HD : 0;
    context->caps |= FIELD(mmfr0, MMFR0_TGRAN4) != TGRAN_NONE ? FTL_CAP_GRANULE_4K : 0;
    context->caps |= FIELD(mmfr0, MMFR0_TGRAN64) != TGRAN_NONE ? FTL_CAP_GRANULE_64K : 0;
    context->caps |= FIELD(mmfr0, MMFR0_TGRAN16) != 0 ? FTL_CAP_GRANULE_16K : 0;
}

/* Only a guest's registers tell what a guest may use: a VM is made to read them. */
static int probe_guest(struct faultline *context)
{
    int vm = ioctl(context->kvm, KVM_CREATE_VM, FL_VM_TYPE);
    int vcpu = vm < 0 ? -1 : ioctl(vm, KVM_CREATE_VCPU, 0ul);
    uint64_t mmfr0 = 0;
    uint64_t mmfr1 = 0;
    uint64_t isar0 = 0;
    int error = 0;

    if (vcpu < 0 || ioctl(vm, KVM_ARM_PREFERRED_TARGET, &context->arch.init) ||
        ioctl(vcpu, KVM_ARM_VCPU_INIT, &context->arch.init))
        error = errno;
    if (!error)
        error = fl_reg_get(vcpu, ID_AA64MMFR0, &mmfr0);
    if (!error)
        error = fl_reg_get(vcpu, ID_AA64MMFR1, &mmfr1);
    if (!error)
        error = fl_reg_get(vcpu, ID_AA64ISAR0, &isar0);
    if (!error)
        take_features(context, mmfr0, mmfr1, isar0);
    if (vcpu >= 0)
        close(vcpu);
    if (vm >= 0)
        close(vm);
    return error;
}

int fl_arch_probe(struct faultline *context)
{
    int bits = ioctl(context->kvm, KVM_CHECK_EXTENSION, (unsigned long)KVM_CAP_ARM_VM_IPA_SIZE);
    uint64_t dczid;

    context->arch.ipa_bits = bits > 0 ? (uint32_t)bits : FL_IPA_BITS;
    __asm__("mrs %0, dczid_el0" : "=r"(dczid));
    context->arch.zva_bytes = dczid & DCZID_PROHIBITED ? 0 : 4u << FIELD(dczid, 0);
    /* No VM of this type can be made: fl_arch_missing says so. */
    if (context->arch.ipa_bits < FL_IPA_BITS)
        return 0;
    return probe_guest(context);
}

void fl_arch_forget(struct faultline *context)
{
    (void)context;
}

static uint32_t cpuinfo(const char *text, const char *key)
{
    const char *line = strstr(text, key);
    const char *colon = line ? strchr(line, ':') : NULL;
    uint32_t value = 0;

    if (colon && sscanf(colon + 1, " %i", (int *)&value) != 1)
        value = 0;
    return value;
}

/* The fields of MIDR_EL1. */
static void describe_cpu(struct ftl_facts *facts)
{
    char text[4096] = {0};
    FILE *file = fopen("/proc/cpuinfo", "re");

    if (!file)
        return;
    text[fread(text, 1, sizeof(text) - 1, file)] = 0;
    fclose(file);
    snprintf((char *)facts->cpu_vendor, sizeof(facts->cpu_vendor), "0x%02x",
             cpuinfo(text, "CPU implementer"));
    snprintf((char *)facts->cpu_model, sizeof(facts->cpu_model), "0x%03x r%up%u", cpuinfo(text, "CPU part"),
             cpuinfo(text, "CPU variant"), cpuinfo(text, "CPU revision"));
}

void fl_arch_facts(const struct faultline *context, struct ftl_facts *facts)
{
    facts->physical_bits = context->arch.ipa_bits;
    describe_cpu(facts);
    snprintf((char *)facts->kvm_module, sizeof(facts->kvm_module), "arm64");
}

static const char *missing_granule(uint8_t granule, uint64_t caps)
{
    static const struct {
        uint64_t cap;
        const char *sentence;
    } granules[FTL_GRANULE_COUNT] = {
        [FTL_GRANULE_4K] = {FTL_CAP_GRANULE_4K, "this CPU has no 4K granule"},
        [FTL_GRANULE_16K] = {FTL_CAP_GRANULE_16K, "this CPU has no 16K granule"},
        [FTL_GRANULE_64K] = {FTL_CAP_GRANULE_64K, "this CPU has no 64K granule"},
    };

    /* The payload's own tables have pages of 4 KiB. */
    if (!(caps & FTL_CAP_GRANULE_4K))
        granule = FTL_GRANULE_4K;
    return caps & granules[granule].cap ? NULL : granules[granule].sentence;
}

const char *fl_arch_missing(const struct fl_exec *exec)
{
    const struct ftl_request *request = exec->request;
    const struct faultline *context = exec->context;

    if (sysconf(_SC_PAGESIZE) != FTL_PAGE_SIZE)
        return "this kernel's pages are not 4 KiB";
    if (context->arch.ipa_bits < FL_IPA_BITS)
        return "this CPU's guest-physical addresses have fewer than 40 bits";
    if (request->paging & FTL_PAGING_HA && !(context->caps & FTL_CAP_HA))
        return "this CPU does not set access flags";
    if (request->paging & FTL_PAGING_HD && !(context->caps & FTL_CAP_HD))
        return "this CPU does not track dirty state";
    if (fl_uses_op(exec, FTL_OP_AARCH64_CAS, FTL_OP_AARCH64_SWP) && !(context->caps & FTL_CAP_LSE))
        return "this CPU has no atomic instructions (FEAT_LSE)";
    if (fl_uses_op(exec, FTL_OP_AARCH64_DC_ZVA, FTL_OP_AARCH64_DC_ZVA) &&
        context->arch.zva_bytes != ZVA_BYTES)
        return "DC ZVA of this CPU does not clear 64 bytes";
    return missing_granule(request->granule, context->caps);
}
