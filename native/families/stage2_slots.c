/* Memslots and what is dirty in them. */
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>

#include "stage2.h"

#define SLOT_PAGES (FL_REGION_ROOM / FTL_PAGE_SIZE)

static int replace(struct fl_vm *vm, uint32_t slot, uint8_t flags)
{
    int error = vm->regions[slot].exists ? fl_slot_delete(vm, slot) : 0;

    return error ? error : fl_slot_set(vm, slot, flags, false);
}

bool fl_stage2_memslot(struct fl_exec *exec, const struct ftl_step *step)
{
    struct fl_vm *vm = exec->vm;
    struct fl_region *region = &vm->regions[step->region];
    uint8_t unlogged = region->slot_flags & (uint8_t)~FTL_SLOT_LOG;
    int error;

    switch (step->kind) {
    case FTL_STEP_MEMSLOT_LOG:
        error = fl_slot_set(vm, step->region, unlogged | (step->flags & FTL_STEP_SET ? FTL_SLOT_LOG : 0),
                            region->away);
        break;
    case FTL_STEP_MEMSLOT_REPLACE:
        error = replace(vm, step->region, step->slot_flags);
        break;
    case FTL_STEP_MEMSLOT_DELETE:
        error = fl_slot_delete(vm, step->region);
        break;
    case FTL_STEP_MEMSLOT_CREATE:
        error = fl_slot_set(vm, step->region, step->slot_flags, region->away);
        break;
    case FTL_STEP_MEMSLOT_MOVE:
        error = fl_slot_set(vm, step->region, region->slot_flags, step->away);
        break;
    default:
        return false;
    }
    fl_result(exec, (uint32_t)error, 0);
    return true;
}

static void dirty_get(struct fl_exec *exec, const struct ftl_step *step)
{
    uint64_t bitmap[SLOT_PAGES / 64] = {0};
    struct kvm_dirty_log log = {.slot = step->region, .dirty_bitmap = bitmap};
    uint32_t error = ioctl(exec->vm->fd, KVM_GET_DIRTY_LOG, &log) ? (uint32_t)errno : 0;
    bool drop = exec->request->plant == FTL_PLANT_DROP_DIRTY_BIT;

    fl_result(exec, error, 0);
    for (uint32_t i = 0; !error && i < SLOT_PAGES / 64; i++) {
        if (drop && bitmap[i]) {
            bitmap[i] &= bitmap[i] - 1;
            drop = false;
        }
        if (bitmap[i])
            fl_event(&exec->out, exec->step, FTL_EVENT_DIRTY_WORD, FL_HOST, step->region, i, bitmap[i], 0);
    }
}

static void dirty_clear(struct fl_exec *exec, const struct ftl_step *step)
{
    uint32_t slot_pages = (uint32_t)(exec->vm->regions[step->region].bytes / FL_PAGE);
    uint32_t first = step->page & ~63u;
    uint32_t end = (step->page + step->pages + 63u) & ~63u;
    uint64_t bitmap[SLOT_PAGES / 64];
    struct kvm_clear_dirty_log clear = {.slot = step->region, .dirty_bitmap = bitmap};

    memset(bitmap, 0xff, sizeof(bitmap));
    clear.first_page = first;
    clear.num_pages = (end < slot_pages ? end : slot_pages) - first;
    fl_result(exec, ioctl(exec->vm->fd, KVM_CLEAR_DIRTY_LOG, &clear) ? (uint32_t)errno : 0, 0);
}

/* Takes the next entry of a vCPU's ring; false when there is none. */
static bool take_entry(const struct faultline *context, struct fl_vcpu *vcpu, struct kvm_dirty_gfn *entry)
{
    uint32_t entries = context->ring_bytes / (uint32_t)sizeof(*entry);
    struct kvm_dirty_gfn *gfn = &vcpu->ring[vcpu->ring_next % entries];

    if (!(__atomic_load_n(&gfn->flags, __ATOMIC_ACQUIRE) & KVM_DIRTY_GFN_F_DIRTY))
        return false;
    *entry = *gfn;
    __atomic_store_n(&gfn->flags, KVM_DIRTY_GFN_F_RESET, __ATOMIC_RELEASE);
    vcpu->ring_next++;
    return true;
}

void fl_rings_empty(const struct faultline *context, struct fl_vm *vm)
{
    bool any = false;

    for (uint32_t cpu = 0; cpu < vm->vcpu_count; cpu++) {
        struct kvm_dirty_gfn entry;

        while (take_entry(context, &vm->vcpus[cpu], &entry))
            any = true;
    }
    /* Also for entries that a step harvested and no step reset. */
    if (any || vm->ring_harvested)
        ioctl(vm->fd, KVM_RESET_DIRTY_RINGS, 0ul);
    vm->ring_harvested = false;
}

static void harvest(struct fl_exec *exec)
{
    bool drop = exec->request->plant == FTL_PLANT_DROP_DIRTY_BIT;

    for (uint8_t cpu = 0; cpu < exec->vm->vcpu_count; cpu++) {
        struct kvm_dirty_gfn entry;

        if (!exec->vm->vcpus[cpu].ring)
            continue;
        while (take_entry(exec->context, &exec->vm->vcpus[cpu], &entry)) {
            exec->vm->ring_harvested = true;
            /* The upper half of `slot` is the address space, always 0 here. */
            if (!drop)
                fl_event(&exec->out, exec->step, FTL_EVENT_RING_ENTRY, cpu, entry.slot, entry.offset, 0, 0);
            drop = false;
        }
    }
    fl_result(exec, exec->vm->vcpus[0].ring ? 0 : FL_DRIVER_EINVAL, 0);
}

bool fl_stage2_dirty(struct fl_exec *exec, const struct ftl_step *step)
{
    int count;

    switch (step->kind) {
    case FTL_STEP_DIRTY_GET:
        dirty_get(exec, step);
        return true;
    case FTL_STEP_DIRTY_CLEAR:
        dirty_clear(exec, step);
        return true;
    case FTL_STEP_DIRTY_HARVEST:
        harvest(exec);
        return true;
    case FTL_STEP_DIRTY_RESET:
        count = ioctl(exec->vm->fd, KVM_RESET_DIRTY_RINGS, 0ul);
        if (count >= 0)
            exec->vm->ring_harvested = false;
        fl_result(exec, count < 0 ? (uint32_t)errno : 0, count < 0 ? 0 : (uint64_t)count);
        return true;
    default:
        return false;
    }
}
