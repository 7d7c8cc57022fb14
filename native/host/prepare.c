/* Brings a VM, new or used, to the state in which a scenario starts. */
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "arch.h"

static struct fl_shape wanted_shape(const struct fl_exec *exec, uint32_t slot)
{
    const struct ftl_region *region = &exec->regions[slot - FTL_REGION_PT];
    struct fl_shape shape = {.used = true,
                             .backing = region->backing,
                             .slot_flags = region->slot_flags,
                             .pages = region->pages,
                             .offset_pages = region->offset_pages};

    if (slot == FTL_REGION_DATA2 && !(exec->request->flags & FTL_REQUEST_HAS_DATA2))
        shape = (struct fl_shape){.used = false};
    return shape;
}

static bool same_memory(const struct fl_shape *a, const struct fl_shape *b)
{
    return a->used == b->used && a->backing == b->backing && a->pages == b->pages &&
           a->offset_pages == b->offset_pages;
}

/* Points the region at memory of the wanted kind; its slot is gone by now. */
static bool change_memory(struct fl_exec *exec, struct fl_region *region, const struct fl_shape *shape)
{
    struct fl_mapping *mapping;

    if (region->shape.used) {
        fl_region_drop(region);
        /* Huge pages are scarce: give them back rather than keep them for later. */
        if (fl_is_hugetlb(region->shape.backing))
            fl_mapping_close(&region->maps[region->shape.backing]);
    }
    region->hva = NULL;
    region->filled = false;
    region->tainted = false;
    region->shape = *shape;
    if (!shape->used)
        return true;
    mapping = &region->maps[shape->backing];
    if (!mapping->base) {
        int error =
            fl_mapping_open(mapping, shape->backing, fl_is_huge(shape->backing) ? FL_HUGE : FL_REGION_ROOM);

        if (error) {
            region->shape.used = false;
            fl_fail(exec, fl_is_hugetlb(shape->backing) ? FTL_STATUS_SKIPPED : FTL_STATUS_FAULT,
                    fl_is_hugetlb(shape->backing) ? "no free huge page (%s): raise /proc/sys/vm/nr_hugepages"
                                                  : "mapping guest memory failed: %s",
                    strerror(-error));
            return false;
        }
    }
    region->hva = mapping->base + shape->offset_pages * FL_PAGE;
    region->bytes = fl_is_huge(shape->backing) ? FL_HUGE : shape->pages * FL_PAGE;
    return true;
}

/* Slots first lose what does not fit, then get what is wanted: no two may ever overlap. */
static bool prepare_memory(struct fl_exec *exec, struct fl_vm *vm, bool *zapped)
{
    for (uint32_t slot = FTL_REGION_PT; slot < FL_SLOTS; slot++) {
        struct fl_region *region = &vm->regions[slot];
        struct fl_shape shape = wanted_shape(exec, slot);
        bool keep = same_memory(&shape, &region->shape);
        uint8_t changed = region->slot_flags ^ shape.slot_flags;

        if (region->exists && (!keep || region->away || changed & FTL_SLOT_READONLY)) {
            if (fl_slot_delete(vm, slot)) {
                fl_fail(exec, FTL_STATUS_FAULT, "deleting memslot %u failed", slot);
                return false;
            }
            *zapped = true;
        }
        if (!keep && !change_memory(exec, region, &shape))
            return false;
        region->shape.slot_flags = shape.slot_flags;
    }
    return true;
}

static const uint8_t *initial_page(const struct fl_exec *exec, uint32_t slot, uint32_t page)
{
    if (slot == FTL_REGION_PT)
        return exec->vm->pt_image + page * FL_PAGE;
    return fl_fill_page(exec->context, FTL_FILL_TAG_INITIAL, slot, page);
}

static void fill_region(struct fl_exec *exec, struct fl_region *region, uint32_t slot)
{
    int code;

    if (region->tainted)
        fl_region_drop(region);
    region->tainted = false;
    if (region->filled)
        return;
    for (uint32_t page = 0; page < region->shape.pages; page++) {
        /* A hugetlb page that was promised may still be missing: SIGBUS. */
        if (fl_copy_guarded(region->hva + page * FL_PAGE, initial_page(exec, slot, page), FL_PAGE, &code)) {
            fl_sync_code(region->hva + page * FL_PAGE, FL_PAGE);
            continue;
        }
        fl_fail(exec, FTL_STATUS_SKIPPED, "no free huge page for region %u: raise /proc/sys/vm/nr_hugepages",
                slot);
        return;
    }
    region->filled = true;
}

static struct fl_tables tables_wanted(const struct fl_exec *exec)
{
    const struct ftl_region *data = &exec->regions[1];
    const struct ftl_region *data2 = &exec->regions[2];
    bool has_data2 = exec->request->flags & FTL_REQUEST_HAS_DATA2;

    return (struct fl_tables){.data_first = data->offset_pages,
                              .data_pages = data->pages,
                              .data2_first = has_data2 ? data2->offset_pages : 0,
                              .data2_pages = has_data2 ? data2->pages : 0,
                              .none_pages = exec->request->none_pages,
                              .form = fl_tables_form(exec->request)};
}

/* The page tables follow the configuration, so they can change although the memory stays. */
static void fill_tables(struct fl_exec *exec, struct fl_vm *vm, bool *rebuilt)
{
    struct fl_region *pt = &vm->regions[FTL_REGION_PT];
    struct fl_tables tables = tables_wanted(exec);
    bool same = !memcmp(&tables, &vm->tables, sizeof(tables));
    bool keep = pt->filled && !pt->tainted;

    if (keep && same)
        return;
    *rebuilt = true;
    if (!same)
        fl_tables_build(&tables, vm->pt_image);
    vm->tables = tables;
    if (keep)
        memcpy(pt->hva, vm->pt_image, pt->shape.pages * FL_PAGE);
    else
        fill_region(exec, pt, FTL_REGION_PT);
}

/* Leaves the slot with the wanted flags and nothing dirty (everything, where INITIALLY_SET says so). */
static int settle_slot(struct fl_vm *vm, uint32_t slot)
{
    struct fl_region *region = &vm->regions[slot];
    uint8_t want = region->shape.slot_flags;
    uint64_t bitmap[(FL_REGION_ROOM / FTL_PAGE_SIZE) / 64];
    struct kvm_dirty_log log = {.slot = slot, .dirty_bitmap = bitmap};

    if (!region->exists)
        return fl_slot_set(vm, slot, want, false);
    if (region->slot_flags != want)
        return fl_slot_set(vm, slot, want, false);
    if (!(want & FTL_SLOT_LOG) || vm->dirty_tracking == FTL_DIRTY_TRACKING_RING)
        return 0;
    if (vm->dirty_tracking == FTL_DIRTY_TRACKING_BITMAP)
        return ioctl(vm->fd, KVM_GET_DIRTY_LOG, &log) ? -1 : 0;
    /* Manual protect: only a new bitmap is certain to be as a fresh slot's. */
    int error = fl_slot_set(vm, slot, want & (uint8_t)~FTL_SLOT_LOG, false);

    return error ? error : fl_slot_set(vm, slot, want, false);
}

bool fl_vm_prepare(struct fl_exec *exec, struct fl_vm *vm)
{
    bool zapped = false;
    bool rebuilt = false;

    exec->vm = vm;
    if (!fl_vm_add_vcpus(exec, vm, exec->request->vcpus))
        return false;
    if (!prepare_memory(exec, vm, &zapped))
        return false;
    fill_tables(exec, vm, &rebuilt);
    for (uint32_t slot = FTL_REGION_DATA; slot < FL_SLOTS; slot++) {
        if (vm->regions[slot].shape.used)
            fill_region(exec, &vm->regions[slot], slot);
    }
    if (exec->status != FTL_STATUS_OK)
        return false;
    int error = fl_stale_settle(vm, exec->request, zapped, rebuilt);

    if (error) {
        fl_fail(exec, FTL_STATUS_FAULT, "dropping cached translations failed: %s", strerror(error));
        return false;
    }
    for (uint32_t slot = FTL_REGION_PT; slot < FL_SLOTS; slot++) {
        if (vm->regions[slot].shape.used && settle_slot(vm, slot)) {
            fl_fail(exec, FTL_STATUS_FAULT, "memslot %u could not be set up", slot);
            return false;
        }
    }
    if (vm->dirty_tracking == FTL_DIRTY_TRACKING_RING)
        fl_rings_empty(exec->context, vm);
    fl_guest_scratch(vm->code);
    return true;
}
