/* Register 0 of the vector state, in the layout that XSAVE gave it. */
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>

#include "arch.h"
#include "internal.h"

/* Where lanes 2i and 2i+1 of register 0 are in the XSAVE area; NULL where this CPU has none. */
static uint64_t *vector_part(const struct faultline *context, struct kvm_xsave *xsave, uint32_t part)
{
    uint8_t *bytes = (uint8_t *)xsave->region;

    if (part == 0)
        return (uint64_t *)(void *)(bytes + 160);
    if (part == 1)
        return context->arch.xsave.ymm_high ? (uint64_t *)(void *)(bytes + context->arch.xsave.ymm_high)
                                            : NULL;
    if (!context->arch.xsave.zmm_high)
        return NULL;
    return (uint64_t *)(void *)(bytes + context->arch.xsave.zmm_high + (part - 2) * 16);
}

int fl_vector_set(const struct faultline *context, int vcpu_fd, uint64_t value)
{
    struct kvm_xsave xsave;
    uint64_t *header;

    if (ioctl(vcpu_fd, KVM_GET_XSAVE, &xsave))
        return errno;
    for (uint32_t part = 0; part < 4; part++) {
        uint64_t *lanes = vector_part(context, &xsave, part);

        if (!lanes)
            continue;
        lanes[0] = value + 2 * part;
        lanes[1] = value + 2 * part + 1;
    }
    /* XSTATE_BV: a component whose bit is clear is loaded as zeroes. */
    header = (uint64_t *)(void *)((uint8_t *)xsave.region + 512);
    *header |= context->arch.xsave.xcr0 ? context->arch.xsave.xcr0 : 3;
    return ioctl(vcpu_fd, KVM_SET_XSAVE, &xsave) ? errno : 0;
}

int fl_vector_get(const struct faultline *context, int vcpu_fd, uint64_t lanes[8])
{
    struct kvm_xsave xsave;

    memset(lanes, 0, 8 * sizeof(*lanes));
    if (ioctl(vcpu_fd, KVM_GET_XSAVE, &xsave))
        return errno;
    const uint64_t *header = (const uint64_t *)(const void *)((const uint8_t *)xsave.region + 512);

    for (uint32_t part = 0; part < 4; part++) {
        static const uint64_t component[] = {2, 4, 0x40, 0x40};
        const uint64_t *from = vector_part(context, &xsave, part);

        if (from && *header & component[part])
            memcpy(lanes + 2 * part, from, 16);
    }
    return 0;
}
