/* Why a request cannot be executed on this machine. */
#include "arch.h"

bool fl_uses_op(const struct fl_exec *exec, uint8_t first_op, uint8_t last_op)
{
    for (uint32_t i = 0; i < exec->request->step_count; i++) {
        const struct ftl_step *step = &exec->steps[i];

        if (step->kind == FTL_STEP_ACCESS && step->op >= first_op && step->op <= last_op)
            return true;
    }
    return false;
}

bool fl_wants_uffd(const struct fl_exec *exec)
{
    for (uint32_t i = 0; i < 3; i++) {
        if (exec->regions[i].uffd_modes)
            return true;
    }
    for (uint32_t i = 0; i < exec->request->step_count; i++) {
        if (exec->steps[i].kind == FTL_STEP_UFFD_REGISTER)
            return true;
    }
    return false;
}

static bool wants_readonly(const struct fl_exec *exec)
{
    for (uint32_t i = 0; i < 3; i++) {
        if (exec->regions[i].slot_flags & FTL_SLOT_READONLY)
            return true;
    }
    return false;
}

const char *fl_missing(const struct fl_exec *exec)
{
    const struct ftl_request *request = exec->request;
    uint64_t caps = exec->context->caps;

    if (request->arch != FL_ARCH)
        return "this driver executes " FL_ARCH_NAME;
    if (!(caps & FTL_CAP_KVM))
        return "/dev/kvm cannot be used: load the KVM module and run as root or in group kvm";
    if (request->dirty_tracking == FTL_DIRTY_TRACKING_RING && !(caps & FTL_CAP_DIRTY_RING))
        return "this KVM has no dirty ring";
    if ((request->dirty_tracking == FTL_DIRTY_TRACKING_BITMAP_MANUAL ||
         request->dirty_tracking == FTL_DIRTY_TRACKING_BITMAP_MANUAL_INIT_SET) &&
        !(caps & FTL_CAP_MANUAL_PROTECT))
        return "this KVM has no manual dirty-log protection";
    if (wants_readonly(exec) && !(caps & FTL_CAP_READONLY_MEM))
        return "this KVM has no read-only memslots";
    if (fl_wants_uffd(exec) && !(caps & FTL_CAP_USERFAULTFD))
        return "no userfaultfd: run as root, or sysctl vm.unprivileged_userfaultfd=1";
    return fl_arch_missing(exec);
}
