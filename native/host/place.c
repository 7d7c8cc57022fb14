/* Where things are, in the guest and in the host. */
#include "context.h"

uint64_t fl_gva(const struct fl_exec *exec, uint32_t region, uint32_t page, uint32_t offset)
{
    uint64_t base;

    switch (region) {
    case FTL_REGION_DATA:
        base = FL_GVA_DATA + exec->regions[1].offset_pages * FL_PAGE;
        break;
    case FTL_REGION_DATA2:
        base = FL_GVA_DATA2 + exec->regions[2].offset_pages * FL_PAGE;
        break;
    case FTL_REGION_NONE:
        base = FL_GVA_NONE;
        break;
    case FTL_REGION_PT:
        base = FL_GVA_PT_ALIAS;
        break;
    default:
        base = FL_GVA_SCRATCH;
        break;
    }
    return base + page * FL_PAGE + offset;
}

uint64_t fl_locate(const struct fl_vm *vm, uint64_t address)
{
    for (uint64_t slot = FTL_REGION_PT; slot < FL_SLOTS; slot++) {
        const struct fl_region *region = &vm->regions[slot];
        uint64_t start = (uintptr_t)region->hva;

        if (region->hva && address >= start && address - start < region->bytes)
            return slot | (address - start) / FL_PAGE << 8;
    }
    return FTL_REGION_CODE;
}
