/* The memory under test, and what it is filled with. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "uffd.h"

#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000
#endif

/* Far from where the kernel puts mappings by itself, and inside 39 bits, which is all that some kernels have.
 */
#ifdef __SANITIZE_ADDRESS__
#define FIRST_STRETCH 0x200000000000ull /* the sanitizer has the other place for itself */
#else
#define FIRST_STRETCH 0x2000000000ull
#endif
#define STRETCHES 64

/* Mirrors uffdFill in src/scenario/uffd/layout.ts. */
uint64_t flu_fill_word(uint8_t tag, uint32_t page, uint32_t offset)
{
    return (0xa0ull + tag) << 56 | (uint64_t)page << 40 | (uint64_t)offset << 16 | 0x5a5au;
}

static void fill(uint8_t *to, uint8_t tag, uint32_t page, size_t unit)
{
    uint64_t *words = (uint64_t *)(void *)to;

    for (uint32_t i = 0; i < unit / 8; i++)
        words[i] = flu_fill_word(tag, page, i * 8);
}

const uint8_t *flu_fill(struct flu *flu, uint8_t tag, uint32_t pages)
{
    if (flu->unit == FL_PAGE)
        return flu->fills[tag];
    for (uint32_t page = 0; page < pages; page++)
        fill(flu->huge_source + page * FL_HUGE, tag, page, FL_HUGE);
    return flu->huge_source;
}

static bool build_fills(struct flu *flu)
{
    for (uint8_t tag = 0; tag < FTL_UFFD_FILL_COUNT; tag++) {
        flu->fills[tag] = aligned_alloc(FL_PAGE, FTL_UFFD_MAX_PAGES * FL_PAGE);
        if (!flu->fills[tag])
            return false;
        for (uint32_t page = 0; page < FTL_UFFD_MAX_PAGES; page++)
            fill(flu->fills[tag] + page * FL_PAGE, tag, page, FL_PAGE);
    }
    return true;
}

/* Takes a stretch of addresses by mapping its first page. */
static bool take_stretch(struct flu *flu)
{
    for (uint64_t i = 0; i < STRETCHES; i++) {
        void *at = (void *)(uintptr_t)(FIRST_STRETCH + i * FLU_STRETCH);
        void *got = mmap(at, FL_PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

        if (got == at) {
            flu->stretch = at;
            return true;
        }
        if (got != MAP_FAILED)
            munmap(got, FL_PAGE);
    }
    return false;
}

static bool is_private(uint8_t memory)
{
    return memory != FTL_UFFD_MEMORY_SHMEM && memory != FTL_UFFD_MEMORY_HUGETLB;
}

static bool is_hugetlb(uint8_t memory)
{
    return memory == FTL_UFFD_MEMORY_HUGETLB || memory == FTL_UFFD_MEMORY_HUGETLB_PRIVATE;
}

static void *map_at(const struct flu *flu, void *at, bool shared)
{
    int flags =
        (shared ? MAP_SHARED : MAP_PRIVATE) | (flu->memory < 0 ? MAP_ANONYMOUS : 0) | (at ? MAP_FIXED : 0);

    return mmap(at, flu->bytes, PROT_READ | PROT_WRITE, flags, flu->memory, 0);
}

static bool open_file(struct flu *flu, uint8_t memory)
{
    if (memory == FTL_UFFD_MEMORY_ANON)
        return true;
    flu->memory = memfd_create("faultline-uffd", MFD_CLOEXEC | (is_hugetlb(memory) ? MFD_HUGETLB : 0));
    if (flu->memory >= 0 && !ftruncate(flu->memory, (off_t)flu->bytes))
        return true;
    fl_fail(flu->exec, FTL_STATUS_SKIPPED, "no memory of this kind: %s", strerror(errno));
    return false;
}

/* Brings the pages that are in the page cache and not mapped; through another mapping, which goes away. */
static bool fill_cache(struct flu *flu, const struct ftl_uffd_request *request)
{
    const uint8_t *source = flu_fill(flu, FTL_UFFD_FILL_INITIAL, request->pages);
    uint8_t *alias = MAP_FAILED;

    for (uint32_t page = 0; page < request->pages; page++) {
        if (request->content[page] != FTL_UFFD_PAGE_STATE_CACHED)
            continue;
        if (alias == MAP_FAILED)
            alias = map_at(flu, NULL, true);
        if (alias == MAP_FAILED)
            return false;
        memcpy(alias + page * flu->unit, source + page * flu->unit, flu->unit);
    }
    if (alias != MAP_FAILED)
        munmap(alias, flu->bytes);
    return true;
}

/*
 * A mapping that has had a page of its own can be split and joined again as its ranges are registered:
 * whether one that has not can, depends on which of its parts was touched first.
 */
static bool make_joinable(struct flu *flu)
{
    *(volatile uint8_t *)flu->base = 1;
    if (madvise(flu->base, flu->unit, MADV_DONTNEED))
        return false;
    return flu->memory < 0 ||
           !fallocate(flu->memory, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, (off_t)flu->unit);
}

bool flu_memory_open(struct flu *flu)
{
    const struct ftl_uffd_request *request = &flu->frame.request;
    const uint8_t *source;

    if ((!flu->stretch && !take_stretch(flu)) || (!flu->fills[0] && !build_fills(flu)))
        return false;
    flu->unit = is_hugetlb(request->memory) ? FL_HUGE : FL_PAGE;
    flu->bytes = request->pages * flu->unit;
    if (flu->unit == FL_HUGE && !flu->huge_source)
        flu->huge_source = aligned_alloc(FL_HUGE, FTL_UFFD_MAX_PAGES * FL_HUGE);
    if (flu->unit == FL_HUGE && !flu->huge_source)
        return false;
    if (!open_file(flu, request->memory))
        return false;
    flu->base = map_at(flu, flu->stretch + FLU_BASE_AT, !is_private(request->memory));
    if (flu->base == MAP_FAILED) {
        flu->base = NULL;
        fl_fail(flu->exec, FTL_STATUS_SKIPPED, "the memory cannot be mapped: %s", strerror(errno));
        return false;
    }
    if (flu->unit == FL_PAGE)
        madvise(flu->base, flu->bytes, MADV_NOHUGEPAGE);
    if (is_private(request->memory) && !make_joinable(flu))
        return false;
    if (!fill_cache(flu, request))
        return false;
    source = flu_fill(flu, FTL_UFFD_FILL_INITIAL, request->pages);
    for (uint32_t page = 0; page < request->pages; page++) {
        if (request->content[page] == FTL_UFFD_PAGE_STATE_MAPPED)
            memcpy(flu->base + page * flu->unit, source + page * flu->unit, flu->unit);
    }
    return true;
}

void flu_memory_close(struct flu *flu)
{
    if (flu->base)
        munmap(flu->base, flu->bytes);
    if (flu->memory >= 0)
        close(flu->memory);
    flu->base = NULL;
    flu->memory = -1;
}
