/* The initial page tables of aarch64, and where an entry is in them. */
#include <string.h>

#include "internal.h"

#define TABLE           3ull
#define LEAF            0x307ull /* page; normal memory, inner shareable */
#define FORM_GRANULE(f) ((uint8_t)((f) >> 8 & 0xff))
#define FORM_USER       0x10000u

static const struct fl_geometry geometries[FTL_GRANULE_COUNT] = {
    [FTL_GRANULE_4K] = {{2, 1, 0}, {12, 21, 30}, 512, FTL_GRANULE_PAGES_4K, 0ull << 14 | 25},
    [FTL_GRANULE_16K] = {{8, 4, 0}, {14, 25, 36}, 2048, FTL_GRANULE_PAGES_16K, 2ull << 14 | 17},
    [FTL_GRANULE_64K] = {{32, 16, 0}, {16, 29, 42}, 8192, FTL_GRANULE_PAGES_64K, 1ull << 14 | 16},
};

const struct fl_geometry *fl_geometry(uint8_t granule)
{
    return &geometries[granule];
}

static uint64_t index_of(const struct fl_geometry *geometry, uint64_t va, uint32_t level)
{
    return va >> geometry->shift[level] & (geometry->entries - 1);
}

/* The leaf tables follow each other, as the entries of level 2 that point to them do. */
static uint64_t leaf_table(const struct fl_geometry *geometry, uint64_t va)
{
    uint64_t nth = index_of(geometry, va, 1) - index_of(geometry, FTL_ARM_GVA_DATA, 1);

    return geometry->page[0] * FL_PAGE + nth * geometry->entries * 8;
}

static uint64_t entry_at(const struct fl_geometry *geometry, uint64_t va, uint32_t level)
{
    uint64_t table = level ? geometry->page[level] * FL_PAGE : leaf_table(geometry, va);

    return table + index_of(geometry, va, level) * 8;
}

uint64_t fl_entry_offset(const struct fl_exec *exec, uint32_t region, uint32_t page, uint32_t level)
{
    return entry_at(fl_geometry(exec->request->granule), fl_gva(exec, region, page, 0), level);
}

uint32_t fl_tables_form(const struct ftl_request *request)
{
    return request->initial | (uint32_t)request->granule << 8 |
           (request->privilege == FTL_PRIVILEGE_USER ? FORM_USER : 0);
}

static uint64_t leaf_of(uint32_t form)
{
    uint64_t leaf = LEAF;

    leaf |= form & FTL_INITIAL_AARCH64_AF ? 1ull << FTL_ARM_PTE_BIT_ACCESSED : 0;
    leaf |= form & FTL_INITIAL_AARCH64_DBM ? 1ull << FTL_ARM_PTE_BIT_DBM : 0;
    leaf |= form & FTL_INITIAL_AARCH64_WRITABLE ? 0 : 1ull << FTL_ARM_PTE_BIT_READONLY;
    return leaf | (form & FORM_USER ? 1ull << FTL_ARM_PTE_BIT_USER : 0);
}

static void put(uint8_t *image, uint64_t at, uint64_t entry)
{
    memcpy(image + at, &entry, sizeof(entry));
}

static void map_window(uint8_t *image, const struct fl_tables *tables, uint64_t gpa, uint64_t va,
                       uint32_t first, uint32_t pages)
{
    const struct fl_geometry *geometry = fl_geometry(FORM_GRANULE(tables->form));
    uint64_t leaf = leaf_of(tables->form);

    for (uint64_t page = first; page < first + pages; page += geometry->leaf_pages) {
        uint64_t at = va + page * FL_PAGE;

        put(image, entry_at(geometry, at, 2), (FTL_GPA_PT + geometry->page[1] * FL_PAGE) | TABLE);
        put(image, entry_at(geometry, at, 1), (FTL_GPA_PT + leaf_table(geometry, at)) | TABLE);
        put(image, entry_at(geometry, at, 0), (gpa + page * FL_PAGE) | leaf);
    }
}

void fl_tables_build(const struct fl_tables *tables, uint8_t *image)
{
    memset(image, 0, FL_PT_PAGES_MAX * FL_PAGE);
    map_window(image, tables, FTL_GPA_DATA, FTL_ARM_GVA_DATA, tables->data_first, tables->data_pages);
    map_window(image, tables, FTL_GPA_DATA2, FTL_ARM_GVA_DATA2, tables->data2_first, tables->data2_pages);
    map_window(image, tables, FTL_GPA_NONE, FTL_ARM_GVA_NONE, 0, tables->none_pages);
}
