/* Reading the guest's page-table entries from the host without faulting anything in. */
#include <unistd.h>

#include "context.h"

/* Not "swapped": a poisoned or write-protect marker shows as that, and reading it would be an access. */
#define PAGEMAP_PRESENT (1ull << 63)
#define LEVEL_LEAF      1u
#define LEVEL_PD        2u
#define LEVEL_PDPT      4u

static uint32_t present_tables(const struct fl_exec *exec, const uint8_t *pt, uint32_t leaf_table)
{
    uint64_t map[FTL_PT_PAGES];
    off_t at = (off_t)((uintptr_t)pt / FL_PAGE * sizeof(*map));
    uint32_t present = 0;

    /* Not the bit for swapped pages: the marker of a poisoned page has it too. */
    if (!exec->pt_may_have_holes)
        return LEVEL_LEAF | LEVEL_PD | LEVEL_PDPT;
    if (pread(exec->context->pagemap, map, sizeof(map), at) != (ssize_t)sizeof(map))
        return 0;
    present |= map[leaf_table] & PAGEMAP_PRESENT ? LEVEL_LEAF : 0;
    present |= map[FTL_PT_PAGE_PD] & PAGEMAP_PRESENT ? LEVEL_PD : 0;
    present |= map[FTL_PT_PAGE_PDPT] & PAGEMAP_PRESENT ? LEVEL_PDPT : 0;
    return present;
}

/* Byte offset in pt of the entry of each level that maps a page. */
uint64_t fl_entry_offset(const struct fl_exec *exec, uint32_t region, uint32_t page, uint32_t level)
{
    uint32_t table = FTL_PT_PAGE_NONE;
    uint32_t pd = FTL_PD_INDEX_NONE;
    uint32_t index = page;

    if (region == FTL_REGION_DATA) {
        table = FTL_PT_PAGE_DATA;
        pd = FTL_PD_INDEX_DATA;
        index += exec->regions[1].offset_pages;
    } else if (region == FTL_REGION_DATA2) {
        table = FTL_PT_PAGE_DATA2;
        pd = FTL_PD_INDEX_DATA2;
        index += exec->regions[2].offset_pages;
    }
    switch (level) {
    case FTL_PTE_LEVEL_PTE:
        return (table + index / 512) * FL_PAGE + index % 512 * 8;
    case FTL_PTE_LEVEL_PDE:
        return FTL_PT_PAGE_PD * FL_PAGE + (pd + index / 512) * 8;
    default:
        return FTL_PT_PAGE_PDPT * FL_PAGE;
    }
}

void fl_ptes(struct fl_exec *exec, uint32_t region, uint32_t page)
{
    const uint8_t *pt = exec->vm->regions[FTL_REGION_PT].hva;
    uint64_t at[3] = {fl_entry_offset(exec, region, page, FTL_PTE_LEVEL_PTE),
                      fl_entry_offset(exec, region, page, FTL_PTE_LEVEL_PDE),
                      fl_entry_offset(exec, region, page, FTL_PTE_LEVEL_PDPTE)};
    uint32_t present = present_tables(exec, pt, (uint32_t)(at[0] / FL_PAGE));
    uint64_t entries[3] = {0};

    for (uint32_t i = 0; i < 3; i++) {
        int code;

        if (present & 1u << i && !fl_read_word(pt + at[i], &entries[i], &code))
            present &= ~(1u << i);
    }
    fl_event(&exec->out, exec->step, FTL_EVENT_PTES, FL_HOST, region | page << 8 | present << 24, entries[0],
             entries[1], entries[2]);
}

void fl_access_ptes(struct fl_exec *exec, const struct ftl_step *step, uint32_t page)
{
    uint32_t elements = step->op == FTL_OP_REP_MOVS || step->op == FTL_OP_REP_STOS ? step->count : 1;
    uint32_t last = step->offset + elements * step->width - 1;
    uint32_t pages = step->region == FTL_REGION_NONE ? exec->request->none_pages
                                                     : exec->regions[step->region - FTL_REGION_PT].pages;

    fl_ptes(exec, step->region, page);
    if (last >= FL_PAGE && page + 1 < pages)
        fl_ptes(exec, step->region, page + 1);
}
