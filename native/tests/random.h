/* Random scenarios within the contract, the same for the same seed. */
#ifndef FL_TESTS_RANDOM_H
#define FL_TESTS_RANDOM_H

#include "scenario.h"

struct random {
    uint64_t state;
};

/* splitmix64 */
static inline uint64_t random_u64(struct random *random)
{
    uint64_t z = random->state += 0x9e3779b97f4a7c15ull;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ z >> 27) * 0x94d049bb133111ebull;
    return z ^ z >> 31;
}

static inline uint32_t random_below(struct random *random, uint32_t limit)
{
    return (uint32_t)(random_u64(random) % limit);
}

static inline void random_script(struct random *random, uint8_t *modes, uint8_t *minor, uint8_t *wp,
                                 uint8_t *count, uint8_t *missing, uint8_t kinds)
{
    *modes = kinds ? 1 + (uint8_t)random_below(random, kinds) : 0;
    *minor = FTL_MINOR_ANSWER_CONTINUE;
    *wp = FTL_WP_ANSWER_UNPROTECT;
    *count = 1 + (uint8_t)random_below(random, FTL_MAX_ANSWERS);
    for (uint32_t i = 0; i < *count; i++)
        missing[i] = (uint8_t)random_below(random, FTL_MISSING_ANSWER_NONE);
}

/* Widths by operation, and the operation that jumps. */
static inline const uint8_t *random_ops(uint8_t arch, uint32_t *count, uint8_t *fetch)
{
    static const uint8_t x86_64[] = {FTL_OP_WIDTHS};
    static const uint8_t aarch64[] = {FTL_OP_AARCH64_WIDTHS};

    *count = arch == FTL_ARCH_AARCH64 ? FTL_OP_AARCH64_COUNT : FTL_OP_COUNT;
    *fetch = arch == FTL_ARCH_AARCH64 ? FTL_OP_AARCH64_BLR : FTL_OP_FETCH;
    return arch == FTL_ARCH_AARCH64 ? aarch64 : x86_64;
}

static inline void random_access(struct random *random, struct scenario *s)
{
    uint32_t ops;
    uint8_t fetch;
    const uint8_t *widths = random_ops(s->request.arch, &ops, &fetch);
    uint8_t op = (uint8_t)random_below(random, ops);
    uint8_t region = (uint8_t)(FTL_REGION_DATA + 2 * (random_below(random, 4) == 0));
    uint32_t pages = region == FTL_REGION_DATA ? s->regions[1].pages : s->request.none_pages;
    uint32_t width = 1;
    struct ftl_step *step;

    if (s->request.arch == FTL_ARCH_X86_64 && (op == FTL_OP_AVX512_LOAD || op == FTL_OP_AVX512_STORE))
        op = FTL_OP_LOAD;
    while (!(widths[op] & width) ||
           (random_below(random, 2) && widths[op] >= 2 * width && widths[op] & (2 * width)))
        width *= 2;
    step = scenario_access(
        s, op, (uint8_t)width, region, (uint16_t)random_below(random, pages),
        (uint16_t)(random_below(random, 3) ? random_below(random, 256) * 16 : random_below(random, 4096)),
        random_u64(random));
    if (op == fetch)
        step->offset = FTL_FETCH_STUB_OFFSET;
    step->comparand = (uint8_t)random_below(random, FTL_COMPARAND_COUNT);
    step->count = 1 + (uint16_t)random_below(random, 8);
    step->vcpu = (uint8_t)random_below(random, s->request.vcpus);
    if (random_below(random, 3) == 0) {
        step->peer_region = FTL_REGION_DATA;
        step->peer_page = (uint16_t)random_below(random, s->regions[1].pages);
        step->peer_offset = (uint16_t)(random_below(random, 512) * 8);
    }
}

static inline void random_other(struct random *random, struct scenario *s)
{
    static const uint8_t kinds[] = {FTL_STEP_HOLE,
                                    FTL_STEP_HOLE,
                                    FTL_STEP_PTE,
                                    FTL_STEP_MEMSLOT_LOG,
                                    FTL_STEP_MEMSLOT_REPLACE,
                                    FTL_STEP_MEMSLOT_DELETE,
                                    FTL_STEP_MEMSLOT_CREATE,
                                    FTL_STEP_MEMSLOT_MOVE,
                                    FTL_STEP_DIRTY_GET,
                                    FTL_STEP_DIRTY_CLEAR,
                                    FTL_STEP_HOST_READ,
                                    FTL_STEP_HOST_WRITE,
                                    FTL_STEP_HOST_MPROTECT,
                                    FTL_STEP_UFFD_UNREGISTER,
                                    FTL_STEP_UFFD_PROTECT};
    struct ftl_step *step = scenario_step(s, kinds[random_below(random, sizeof(kinds))], FTL_REGION_DATA);

    step->page = (uint16_t)random_below(random, s->regions[1].pages);
    step->hole_method = (uint8_t)random_below(random, FTL_HOLE_METHOD_FREE);
    step->pte_level =
        random_below(random, 4) ? FTL_PTE_LEVEL_PTE : (uint8_t)random_below(random, FTL_PTE_LEVEL_COUNT);
    step->pte_flag = (uint8_t)random_below(random, FTL_PTE_FLAG_COUNT);
    step->slot_flags = (uint8_t)random_below(random, 4);
    step->offset = (uint16_t)(random_below(random, 512) * 8);
    step->value = random_u64(random);
    step->prot = (uint8_t)random_below(random, FTL_PROT_COUNT);
    if (step->kind == FTL_STEP_MEMSLOT_LOG)
        step->flags = (uint8_t)random_below(random, 2);
    if (step->kind == FTL_STEP_MEMSLOT_MOVE)
        step->away = (uint8_t)random_below(random, 2);
    if (step->kind == FTL_STEP_PTE)
        step->flags = (uint8_t)random_below(random, 4);
    if (s->request.arch == FTL_ARCH_X86_64)
        return;
    /* Without a flush a TLB may or may not still have the old entry: nobody can say what has to be seen. */
    if (step->kind == FTL_STEP_PTE)
        step->flags |= FTL_STEP_FLUSH;
    if (step->pte_level != FTL_PTE_LEVEL_AARCH64_L3)
        step->pte_flag = FTL_PTE_FLAG_AARCH64_VALID;
}

/* Numbers of pages are multiples of what a leaf entry maps. */
static inline void random_paging(struct random *random, struct scenario *s)
{
    static const uint8_t pt_pages[] = {FTL_PT_PAGES, 12, FTL_ARM_MAX_PT_PAGES};
    static const uint8_t leaf_pages[] = {FTL_GRANULE_PAGES_4K, FTL_GRANULE_PAGES_16K, FTL_GRANULE_PAGES_64K};
    uint8_t granule = (uint8_t)random_below(random, FTL_GRANULE_COUNT);
    uint16_t unit = leaf_pages[granule];

    s->request.granule = granule;
    s->request.paging = (uint8_t)random_below(random, 4);
    s->request.initial = (uint8_t)random_below(random, 8);
    s->request.none_pages = (uint8_t)unit;
    s->regions[0].pages = pt_pages[granule];
    s->regions[1].pages = (uint16_t)((s->regions[1].pages + unit - 1) / unit * unit);
    if (s->regions[1].pages > FTL_MAX_PAGES)
        s->regions[1].pages = (uint16_t)(FTL_MAX_PAGES / unit * unit);
    s->regions[1].offset_pages = (uint16_t)(s->regions[1].offset_pages / unit * unit);
}

/* Huge pages only where `huge` says that there are some. */
static inline struct scenario random_scenario(struct random *random, uint8_t arch, bool huge)
{
    struct scenario s = scenario_new();
    uint32_t steps = 1 + random_below(random, 8);

    s.request.arch = arch;
    s.request.privilege = (uint8_t)random_below(random, 2);
    s.request.vcpus = 1 + (uint8_t)random_below(random, 2);
    s.request.dirty_tracking = (uint8_t)random_below(random, FTL_DIRTY_TRACKING_COUNT);
    s.request.initial = (uint8_t)random_below(random, 16);
    for (uint32_t i = 0; i < 2; i++) {
        struct ftl_region *region = &s.regions[i];

        region->backing = (uint8_t)random_below(random, huge ? FTL_BACKING_COUNT : FTL_BACKING_HUGETLB);
        region->slot_flags = i ? (uint8_t)random_below(random, 4) : (uint8_t)random_below(random, 2);
        if (i && region->backing != FTL_BACKING_ANON_THP && region->backing < FTL_BACKING_HUGETLB)
            region->offset_pages = (uint16_t)(random_below(random, 3) ? 0 : random_below(random, 512));
        if (random_below(random, 3) == 0)
            random_script(random, &region->uffd_modes, &region->minor_answer, &region->wp_answer,
                          &region->missing_count, region->missing_answers, random_below(random, 2) ? 1 : 7);
    }
    s.regions[1].pages = 1 + (uint16_t)random_below(random, random_below(random, 8) ? 8 : 200);
    if (arch == FTL_ARCH_AARCH64)
        random_paging(random, &s);
    for (uint32_t i = 0; i < steps; i++) {
        if (random_below(random, 5) < 3)
            random_access(random, &s);
        else
            random_other(random, &s);
    }
    return s;
}

#endif
