/* The initial page tables of x86_64, and where an entry is in them. */
#include <string.h>

#include "arch.h"

_Static_assert(FL_PT_REGION_GPA == FTL_GPA_PT, "layout.h and the wire header disagree on the pt region");
_Static_assert(FL_PT_REGION_PAGES == FTL_PT_PAGES, "layout.h and the wire header disagree on the pt region");
_Static_assert(FTL_GVA_DATA >> 39 == FL_PML4_TEST, "layout.h and the wire header disagree on the window");
_Static_assert(FTL_GVA_PT_ALIAS >> 39 == FL_PML4_ALIAS, "layout.h and the wire header disagree on the alias");

#define ENTRY_BASE 7ull /* present, writable, user */
#define BIT_A      (1ull << FTL_PTE_BIT_ACCESSED)
#define BIT_D      (1ull << FTL_PTE_BIT_DIRTY)

struct window {
    uint64_t gpa;
    uint32_t table; /* first page-table page */
    uint32_t pd_index;
    uint32_t first;
    uint32_t pages;
};

static void map_window(uint64_t *image, const struct window *window, uint64_t leaf, uint64_t middle)
{
    uint64_t *pd = image + FTL_PT_PAGE_PD * 512;

    for (uint32_t page = window->first; page < window->first + window->pages; page++) {
        uint32_t table = window->table + page / 512;

        image[table * 512 + page % 512] = (window->gpa + page * FL_PAGE) | leaf;
        pd[window->pd_index + page / 512] = (FTL_GPA_PT + table * FL_PAGE) | middle;
    }
}

uint32_t fl_tables_form(const struct ftl_request *request)
{
    return request->initial;
}

void fl_tables_build(const struct fl_tables *tables, uint8_t *bytes)
{
    uint64_t *image = (uint64_t *)(void *)bytes;
    uint64_t leaf = ENTRY_BASE | (tables->form & FTL_INITIAL_PTE_A ? BIT_A : 0) |
                    (tables->form & FTL_INITIAL_PTE_D ? BIT_D : 0);
    uint64_t middle = ENTRY_BASE | (tables->form & FTL_INITIAL_PDE_A ? BIT_A : 0);
    uint64_t top = ENTRY_BASE | (tables->form & FTL_INITIAL_PDPTE_A ? BIT_A : 0);
    struct window windows[] = {
        {FTL_GPA_DATA, FTL_PT_PAGE_DATA, FTL_PD_INDEX_DATA, tables->data_first, tables->data_pages},
        {FTL_GPA_NONE, FTL_PT_PAGE_NONE, FTL_PD_INDEX_NONE, 0, tables->none_pages},
        {FTL_GPA_DATA2, FTL_PT_PAGE_DATA2, FTL_PD_INDEX_DATA2, tables->data2_first, tables->data2_pages},
    };

    memset(bytes, 0, FTL_PT_PAGES * FL_PAGE);
    image[FTL_PT_PAGE_PDPT * 512] = (FTL_GPA_PT + FTL_PT_PAGE_PD * FL_PAGE) | top;
    for (size_t i = 0; i < 3; i++)
        map_window(image, &windows[i], leaf, middle);
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
