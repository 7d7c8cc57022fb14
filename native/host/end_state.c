/* What memory holds after the last step, and the way back to what it held before the first. */
#include <string.h>
#include <sys/mman.h>

#include "context.h"

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

static void report(struct fl_exec *exec, uint32_t slot, uint32_t page, const uint64_t *words)
{
    uint32_t best = FTL_PAGE_BASE_INITIAL;
    uint32_t fewest = UINT32_MAX;
    uint32_t reported = 0;
    const uint64_t *base;

    for (uint32_t i = 0; i < FTL_PAGE_BASE_COUNT; i++) {
        uint32_t count = differences(words, base_of(exec, slot, page, i));

        if (count < fewest) {
            fewest = count;
            best = i;
        }
    }
    fl_event(&exec->out, FL_STEP_END, FTL_EVENT_PAGE, FL_HOST, slot | page << 8, best, fewest, 0);
    base = base_of(exec, slot, page, best);
    for (uint32_t i = 0; i < WORDS && reported < WORDS_MAX; i++) {
        if (words[i] == base[i])
            continue;
        fl_event(&exec->out, FL_STEP_END, FTL_EVENT_PAGE_WORD, FL_HOST, slot | page << 8, i * 8, words[i], 0);
        reported++;
    }
}

/* Which of KVM's translations the way back to this table's initial content makes wrong. */
static void mark_stale(struct fl_exec *exec, uint32_t page, const uint64_t *now)
{
    const uint64_t *then = base_of(exec, FTL_REGION_PT, page, FTL_PAGE_BASE_INITIAL);
    uint64_t accessed_dirty = 1ull << FTL_PTE_BIT_ACCESSED | 1ull << FTL_PTE_BIT_DIRTY;
    uint64_t changed = 0;

    for (uint32_t i = 0; i < WORDS; i++)
        changed |= now[i] ^ then[i];
    /* MMIO translations go stale too, and only a change of memslots drops them. */
    if (changed & ~accessed_dirty || page == FTL_PT_PAGE_NONE)
        exec->vm->tables_stale = true;
    else
        exec->vm->leaves_stale = true;
}

/* True when the page was not as at the start. */
static bool inspect_page(struct fl_exec *exec, uint32_t slot, uint32_t page)
{
    const uint8_t *memory = exec->vm->regions[slot].hva + page * FL_PAGE;
    uint64_t words[WORDS];
    int code;

    if (!fl_copy_guarded(words, memory, FL_PAGE, &code)) {
        fl_event(&exec->out, FL_STEP_END, FTL_EVENT_SIGBUS, FL_HOST, (uint32_t)code, slot | page << 8, 0, 0);
        exec->vm->regions[slot].tainted = true;
        exec->vm->tables_stale |= slot == FTL_REGION_PT;
        return true;
    }
    if (!memcmp(words, base_of(exec, slot, page, FTL_PAGE_BASE_INITIAL), FL_PAGE))
        return false;
    report(exec, slot, page, words);
    if (slot == FTL_REGION_PT)
        mark_stale(exec, page, words);
    return true;
}

static void inspect_region(struct fl_exec *exec, uint32_t slot)
{
    struct fl_region *region = &exec->vm->regions[slot];

    if (region->reprotect)
        mprotect(region->hva, region->bytes, PROT_READ | PROT_WRITE);
    region->reprotect = false;
    for (uint32_t page = 0; page < region->shape.pages; page++) {
        int code;

        if (!inspect_page(exec, slot, page))
            continue;
        if (exec->request->plant == FTL_PLANT_SKIP_RESET || region->tainted)
            continue;
        if (!fl_copy_guarded(region->hva + page * FL_PAGE, base_of(exec, slot, page, FTL_PAGE_BASE_INITIAL),
                             FL_PAGE, &code))
            region->tainted = true;
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
