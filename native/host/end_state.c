/* What memory holds after the last step, and the way back to what it held before the first. */
#include <string.h>
#include <sys/mman.h>

#include "arch.h"

#define WORDS     (FTL_PAGE_SIZE / 8)
#define WORDS_MAX 64u /* reported per page */

static const uint64_t zero_page[WORDS];

static const uint64_t *base_of(const struct fl_exec *exec, uint32_t slot, uint32_t page, uint32_t base)
{
    uint8_t tag = base == FTL_PAGE_BASE_COPY ? FTL_FILL_TAG_COPY : FTL_FILL_TAG_INITIAL;

    if (base == FTL_PAGE_BASE_ZERO)
        return zero_page;
    if (slot == FTL_REGION_PT)
        return (const uint64_t *)(const void *)(exec->vm->pt_image + page * FL_PAGE);
    return (const uint64_t *)(const void *)fl_fill_page(exec->context, tag, slot, page);
}

static uint32_t differences(const uint64_t *a, const uint64_t *b)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < WORDS; i++)
        count += a[i] != b[i];
    return count;
}

/* The base with the fewest differing words, the first of equals; the page is not as the initial one. */
static uint32_t best_base(const struct fl_exec *exec, uint32_t slot, uint32_t page, const uint64_t *words,
                          uint32_t *fewest)
{
    uint32_t best = FTL_PAGE_BASE_INITIAL;

    *fewest = 0;
    for (uint32_t i = FTL_PAGE_BASE_INITIAL + 1; i < FTL_PAGE_BASE_COUNT; i++) {
        if (!memcmp(words, base_of(exec, slot, page, i), FL_PAGE))
            return i;
    }
    *fewest = differences(words, base_of(exec, slot, page, best));
    /* No two bases of a data page have a word in common: the others are further away. */
    if (slot != FTL_REGION_PT && *fewest <= WORDS / 2)
        return best;
    for (uint32_t i = FTL_PAGE_BASE_INITIAL + 1; i < FTL_PAGE_BASE_COUNT; i++) {
        uint32_t count = differences(words, base_of(exec, slot, page, i));

        if (count < *fewest) {
            *fewest = count;
            best = i;
        }
    }
    return best;
}

static void report(struct fl_exec *exec, uint32_t slot, uint32_t page, const uint64_t *words)
{
    uint32_t fewest;
    uint32_t best = best_base(exec, slot, page, words, &fewest);
    uint32_t limit = fewest < WORDS_MAX ? fewest : WORDS_MAX;
    uint32_t reported = 0;
    const uint64_t *base;

    fl_event(&exec->out, FL_STEP_END, FTL_EVENT_PAGE, FL_HOST, slot | page << 8, best, fewest, 0);
    base = base_of(exec, slot, page, best);
    for (uint32_t i = 0; reported < limit; i++) {
        if (words[i] == base[i])
            continue;
        fl_event(&exec->out, FL_STEP_END, FTL_EVENT_PAGE_WORD, FL_HOST, slot | page << 8, i * 8, words[i], 0);
        reported++;
    }
}

/* A page that is not as at the start. */
static void inspect_page(struct fl_exec *exec, uint32_t slot, uint32_t page)
{
    const uint8_t *memory = exec->vm->regions[slot].hva + page * FL_PAGE;
    uint64_t words[WORDS];
    int code;

    if (!fl_copy_guarded(words, memory, FL_PAGE, &code)) {
        fl_event(&exec->out, FL_STEP_END, FTL_EVENT_SIGBUS, FL_HOST, (uint32_t)code, slot | page << 8, 0, 0);
        exec->vm->regions[slot].tainted = true;
        if (slot == FTL_REGION_PT)
            fl_stale_host_wrote(exec->vm);
        return;
    }
    report(exec, slot, page, words);
    if (slot == FTL_REGION_PT)
        fl_stale_restored(exec, page, words);
}

/* How many pages from this one on are as at the start. */
static uint32_t same_from(const struct fl_exec *exec, uint32_t slot, uint32_t page)
{
    const struct fl_region *region = &exec->vm->regions[slot];

    if (page == region->shape.pages)
        return 0;
    /* The initial pages of a region follow each other in memory. */
    return fl_same_pages(region->hva + page * FL_PAGE,
                         (const uint8_t *)base_of(exec, slot, page, FTL_PAGE_BASE_INITIAL),
                         region->shape.pages - page);
}

static void inspect_region(struct fl_exec *exec, uint32_t slot)
{
    struct fl_region *region = &exec->vm->regions[slot];
    uint32_t page = 0;

    if (region->reprotect)
        mprotect(region->hva, region->bytes, PROT_READ | PROT_WRITE);
    region->reprotect = false;
    while ((page += same_from(exec, slot, page)) < region->shape.pages) {
        int code;

        inspect_page(exec, slot, page);
        if (exec->request->plant != FTL_PLANT_SKIP_RESET && !region->tainted) {
            if (fl_copy_guarded(region->hva + page * FL_PAGE,
                                base_of(exec, slot, page, FTL_PAGE_BASE_INITIAL), FL_PAGE, &code))
                fl_sync_code(region->hva + page * FL_PAGE, FL_PAGE);
            else
                region->tainted = true;
        }
        page++;
    }
    if (exec->request->plant == FTL_PLANT_SKIP_RESET)
        region->tainted = false;
}

void fl_end_state(struct fl_exec *exec)
{
    bool changed = false;

    fl_uffd_unregister_all(exec->context);
    if (exec->child.pid && !fl_child_release(exec, &changed))
        fl_event(&exec->out, FL_STEP_END, FTL_EVENT_CHILD, FL_HOST, changed, 0, 0, 0);
    for (uint32_t slot = FTL_REGION_PT; slot < FL_SLOTS; slot++) {
        if (exec->vm->regions[slot].shape.used)
            inspect_region(exec, slot);
    }
}
