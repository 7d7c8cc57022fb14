/*
 * Shadow paging does not see what the host writes to the guest's page tables. Before a scenario starts, KVM
 * has to drop what it derived from them; the more that has to go, the more it costs.
 */
#include <sys/mman.h>

#include "internal.h"

void fl_stale_host_wrote(struct fl_vm *vm)
{
    vm->arch.tables_stale = true;
}

void fl_stale_restored(struct fl_exec *exec, uint32_t page, const uint64_t *now)
{
    const uint64_t *then = (const uint64_t *)(const void *)(exec->vm->pt_image + page * FL_PAGE);
    uint64_t accessed_dirty = 1ull << FTL_PTE_BIT_ACCESSED | 1ull << FTL_PTE_BIT_DIRTY;
    uint64_t changed = 0;

    for (uint32_t i = 0; i < FL_PAGE / 8; i++)
        changed |= now[i] ^ then[i];
    /* MMIO translations go stale too, and only a change of memslots drops them. */
    if (changed & ~accessed_dirty || page == FTL_PT_PAGE_NONE)
        exec->vm->arch.tables_stale = true;
    else
        exec->vm->arch.leaves_stale = true;
}

int fl_stale_drop(struct fl_vm *vm)
{
    return fl_vm_zap(vm);
}

/*
 * Has KVM drop its translations of data pages, and only these: changing the protection there and back calls
 * its MMU notifier. A tenth of the cost of deleting a memslot, and enough where only A and D bits were put
 * back: KVM reads the guest's tables anew when it maps a page, and no other translation depends on these
 * bits.
 */
static void drop_leaves(struct fl_vm *vm)
{
    for (uint32_t slot = FTL_REGION_DATA; slot < FL_SLOTS; slot++) {
        const struct fl_region *region = &vm->regions[slot];

        if (!region->shape.used)
            continue;
        mprotect(region->hva, region->bytes, PROT_READ);
        mprotect(region->hva, region->bytes, PROT_READ | PROT_WRITE);
    }
}

int fl_stale_settle(struct fl_vm *vm, const struct ftl_request *request, bool zapped, bool rebuilt)
{
    struct fl_arch_vm *arch = &vm->arch;
    int error = 0;

    (void)request;
    /* No vCPU runs in here, so nothing can have been cached since a slot was deleted. */
    if ((rebuilt || arch->tables_stale) && !zapped)
        error = fl_vm_zap(vm);
    else if (arch->leaves_stale && !zapped)
        drop_leaves(vm);
    arch->tables_stale = arch->leaves_stale = false;
    return error;
}
