/* Reading the guest's page-table entries from the host without faulting anything in. */
#include <unistd.h>

#include "arch.h"

/* Not "swapped": a poisoned or write-protect marker shows as that, and reading it would be an access. */
#define PAGEMAP_PRESENT (1ull << 63)
#define LEVELS          3u

/* Which of the levels' tables are in memory, by bit. */
static uint32_t present_tables(const struct fl_exec *exec, const uint8_t *pt, const uint64_t at[LEVELS])
{
    uint64_t map[FL_PT_PAGES_MAX];
    size_t bytes = exec->regions[0].pages * sizeof(*map);
    off_t from = (off_t)((uintptr_t)pt / FL_PAGE * sizeof(*map));
    uint32_t present = 0;

    if (!exec->pt_may_have_holes)
        return (1u << LEVELS) - 1;
    if (pread(exec->context->pagemap, map, bytes, from) != (ssize_t)bytes)
        return 0;
    for (uint32_t level = 0; level < LEVELS; level++)
        present |= map[at[level] / FL_PAGE] & PAGEMAP_PRESENT ? 1u << level : 0;
    return present;
}

void fl_ptes(struct fl_exec *exec, uint32_t region, uint32_t page)
{
    const uint8_t *pt = exec->vm->regions[FTL_REGION_PT].hva;
    uint64_t at[LEVELS] = {fl_entry_offset(exec, region, page, 0), fl_entry_offset(exec, region, page, 1),
                           fl_entry_offset(exec, region, page, 2)};
    uint32_t present = present_tables(exec, pt, at);
    uint64_t entries[LEVELS] = {0};

    for (uint32_t i = 0; i < LEVELS; i++) {
        int code;

        if (present & 1u << i && !fl_read_word(pt + at[i], &entries[i], &code))
            present &= ~(1u << i);
    }
    fl_event(&exec->out, exec->step, FTL_EVENT_PTES, FL_HOST, region | page << 8 | present << 24, entries[0],
             entries[1], entries[2]);
}

void fl_access_ptes(struct fl_exec *exec, const struct ftl_step *step, uint32_t page)
{
    uint32_t pages = step->region == FTL_REGION_NONE ? exec->request->none_pages
                                                     : exec->regions[step->region - FTL_REGION_PT].pages;

    fl_ptes(exec, step->region, page);
    if (fl_operand_last(step) >= FL_PAGE && page + 1 < pages)
        fl_ptes(exec, step->region, page + 1);
}
