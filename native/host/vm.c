#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "arch.h"

static const uint64_t home_gpa[FL_SLOTS] = {0, FTL_GPA_PT, FTL_GPA_DATA, FTL_GPA_DATA2};
static const uint64_t away_gpa[FL_SLOTS] = {0, FTL_GPA_PT, FTL_GPA_DATA_AWAY, FTL_GPA_DATA2_AWAY};

static int set_memory(int vm_fd, uint32_t slot, uint32_t flags, uint64_t gpa, uint64_t bytes, const void *hva)
{
    struct kvm_userspace_memory_region region = {.slot = slot,
                                                 .flags = flags,
                                                 .guest_phys_addr = gpa,
                                                 .memory_size = bytes,
                                                 .userspace_addr = (uintptr_t)hva};

    return ioctl(vm_fd, KVM_SET_USER_MEMORY_REGION, &region) ? errno : 0;
}

static uint32_t kvm_flags(uint8_t flags)
{
    return (flags & FTL_SLOT_LOG ? KVM_MEM_LOG_DIRTY_PAGES : 0u) |
           (flags & FTL_SLOT_READONLY ? KVM_MEM_READONLY : 0u);
}

int fl_slot_set(struct fl_vm *vm, uint32_t slot, uint8_t flags, bool away)
{
    struct fl_region *region = &vm->regions[slot];
    uint64_t gpa = (away ? away_gpa : home_gpa)[slot] + region->shape.offset_pages * FL_PAGE;
    int error = set_memory(vm->fd, slot, kvm_flags(flags), gpa, region->bytes, region->hva);

    if (error)
        return error;
    region->exists = true;
    region->away = away;
    region->slot_flags = flags;
    return 0;
}

int fl_slot_delete(struct fl_vm *vm, uint32_t slot)
{
    struct fl_region *region = &vm->regions[slot];
    int error = set_memory(vm->fd, slot, 0, 0, 0, NULL);

    if (!error)
        region->exists = false;
    return error;
}

int fl_vm_zap(struct fl_vm *vm)
{
    /* Deleting any slot makes KVM throw away every shadow page and flush the TLBs. */
    int error = set_memory(vm->fd, FL_SCRATCH_SLOT, 0, FL_SCRATCH_SLOT_GPA, FL_PAGE, vm->code);

    return error ? error : set_memory(vm->fd, FL_SCRATCH_SLOT, 0, 0, 0, NULL);
}

static int enable_cap(int vm_fd, uint32_t cap, uint64_t argument)
{
    struct kvm_enable_cap enable = {.cap = cap, .args = {argument}};

    return ioctl(vm_fd, KVM_ENABLE_CAP, &enable) ? errno : 0;
}

/*
 * A KVM that offers to back rings with bitmaps needs them: without, arm64 does not take the slot for one that
 * is logged, so what is only read is mapped writable, too, and counts as dirty.
 */
static int enable_ring(const struct faultline *context, int vm_fd)
{
    int error = enable_cap(vm_fd, FL_RING_CAP, context->ring_bytes);

    if (error || !fl_has_cap(context, KVM_CAP_DIRTY_LOG_RING_WITH_BITMAP))
        return error;
    return enable_cap(vm_fd, KVM_CAP_DIRTY_LOG_RING_WITH_BITMAP, 0);
}

static int enable_dirty_tracking(const struct faultline *context, int vm_fd, uint8_t tracking)
{
    switch (tracking) {
    case FTL_DIRTY_TRACKING_BITMAP_MANUAL:
        return enable_cap(vm_fd, KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2, KVM_DIRTY_LOG_MANUAL_PROTECT_ENABLE);
    case FTL_DIRTY_TRACKING_BITMAP_MANUAL_INIT_SET:
        return enable_cap(vm_fd, KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2,
                          KVM_DIRTY_LOG_MANUAL_PROTECT_ENABLE | KVM_DIRTY_LOG_INITIALLY_SET);
    case FTL_DIRTY_TRACKING_RING:
        return enable_ring(context, vm_fd);
    default:
        return 0;
    }
}

static int create_vcpu(const struct faultline *context, struct fl_vm *vm, uint32_t cpu)
{
    struct fl_vcpu *vcpu = &vm->vcpus[cpu];

    vcpu->fd = ioctl(vm->fd, KVM_CREATE_VCPU, (unsigned long)cpu);
    if (vcpu->fd < 0)
        return errno;
    vcpu->run_bytes = context->vcpu_mmap_bytes;
    vcpu->run = mmap(NULL, vcpu->run_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, vcpu->fd, 0);
    if (vcpu->run == MAP_FAILED) {
        vcpu->run = NULL;
        return errno;
    }
    if (vm->dirty_tracking == FTL_DIRTY_TRACKING_RING) {
        vcpu->ring = mmap(NULL, context->ring_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, vcpu->fd,
                          (off_t)(FL_DIRTY_LOG_PAGE_OFFSET * FL_PAGE));
        if (vcpu->ring == MAP_FAILED) {
            vcpu->ring = NULL;
            return errno;
        }
    }
    return fl_vcpu_init(context, vm, cpu);
}

bool fl_vm_add_vcpus(struct fl_exec *exec, struct fl_vm *vm, uint32_t count)
{
    while (vm->vcpu_count < count) {
        int error = create_vcpu(exec->context, vm, vm->vcpu_count);

        /* Counted even when half made, so that destroying the VM frees what there is. */
        vm->vcpu_count++;
        if (error) {
            fl_fail(exec, FTL_STATUS_FAULT, "creating vCPU %u failed: %s", vm->vcpu_count - 1,
                    strerror(error));
            return false;
        }
    }
    return true;
}

struct fl_vm *fl_vm_create(struct fl_exec *exec)
{
    struct faultline *context = exec->context;
    struct fl_vm *vm = calloc(1, sizeof(*vm));
    int error = 0;

    if (!vm) {
        fl_fail(exec, FTL_STATUS_FAULT, "out of memory for a VM");
        return NULL;
    }
    for (uint32_t cpu = 0; cpu < FL_VCPUS; cpu++)
        vm->vcpus[cpu].fd = -1;
    for (uint32_t slot = 0; slot < FL_SLOTS; slot++) {
        for (uint32_t i = 0; i < FTL_BACKING_COUNT; i++)
            vm->regions[slot].maps[i].fd = -1;
    }
    vm->dirty_tracking = exec->request->dirty_tracking;
    vm->fd = ioctl(context->kvm, KVM_CREATE_VM, FL_VM_TYPE);
    if (vm->fd < 0)
        error = errno;
    if (!error)
        error = enable_dirty_tracking(context, vm->fd, vm->dirty_tracking);
    if (!error) {
        vm->code = mmap(NULL, FL_CODE_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (vm->code == MAP_FAILED) {
            vm->code = NULL;
            error = errno;
        }
    }
    if (!error) {
        madvise(vm->code, FL_CODE_SIZE, MADV_NOHUGEPAGE);
        fl_guest_build(vm->code);
        /* Nothing answers at address 0: an entry that a scenario zeroed and made present must not lead
         * anywhere. */
        error = set_memory(vm->fd, FTL_REGION_CODE, 0, FL_CODE_GPA + FL_PAGE, FL_CODE_SIZE - FL_PAGE,
                           vm->code + FL_PAGE);
    }
    if (error)
        fl_fail(exec, FTL_STATUS_FAULT, "creating a VM failed: %s", strerror(error));
    if (error || !fl_vm_add_vcpus(exec, vm, 1)) {
        fl_vm_destroy(context, vm);
        return NULL;
    }
    return vm;
}

void fl_vm_destroy(struct faultline *context, struct fl_vm *vm)
{
    for (uint32_t cpu = 0; cpu < vm->vcpu_count; cpu++) {
        struct fl_vcpu *vcpu = &vm->vcpus[cpu];

        if (vcpu->run)
            munmap(vcpu->run, vcpu->run_bytes);
        if (vcpu->ring)
            munmap(vcpu->ring, context->ring_bytes);
        if (vcpu->fd >= 0)
            close(vcpu->fd);
    }
    /* The VM goes first: unmapping memory that it still uses would cost a notifier call per region. */
    if (vm->fd >= 0)
        close(vm->fd);
    if (vm->code)
        munmap(vm->code, FL_CODE_SIZE);
    for (uint32_t slot = 0; slot < FL_SLOTS; slot++) {
        for (uint32_t i = 0; i < FTL_BACKING_COUNT; i++)
            fl_mapping_close(&vm->regions[slot].maps[i]);
    }
    free(vm);
}
