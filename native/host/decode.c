/* Refuses every frame that is not exactly what docs/native-contract.md allows, before anything is executed.
 */
#include <stdio.h>
#include <string.h>

#include "context.h"

#define FRAME_BYTES     (sizeof(struct ftl_request) + 3 * sizeof(struct ftl_region))
#define MAX_RECORDS     (2 * FTL_MAX_STEPS) /* a race is two records */
#define MAX_DEADLINE_MS 600000u
#define MAX_WITHDRAW_MS 60000u

/* What a number may be depends on the request's architecture, whichever one executes it. */
struct limits {
    const uint8_t *widths; /* of each operation: the sum of the legal ones */
    uint32_t ops;
    uint32_t initial;
    uint32_t granules;
    uint32_t paging;
    uint32_t levels;
    uint32_t flags;
    uint32_t upper_flags; /* of entries above the leaves */
};

static const uint8_t widths_x86_64[] = {FTL_OP_WIDTHS};
static const uint8_t widths_aarch64[] = {FTL_OP_AARCH64_WIDTHS};

static const struct limits limits_of[FTL_ARCH_COUNT] = {
    [FTL_ARCH_X86_64] = {.widths = widths_x86_64,
                         .ops = FTL_OP_COUNT,
                         .initial =
                             FTL_INITIAL_PTE_A | FTL_INITIAL_PDE_A | FTL_INITIAL_PDPTE_A | FTL_INITIAL_PTE_D,
                         .granules = 1,
                         .levels = FTL_PTE_LEVEL_COUNT,
                         .flags = FTL_PTE_FLAG_COUNT,
                         .upper_flags = FTL_PTE_FLAG_COUNT},
    [FTL_ARCH_AARCH64] = {.widths = widths_aarch64,
                          .ops = FTL_OP_AARCH64_COUNT,
                          .initial =
                              FTL_INITIAL_AARCH64_AF | FTL_INITIAL_AARCH64_DBM | FTL_INITIAL_AARCH64_WRITABLE,
                          .granules = FTL_GRANULE_COUNT,
                          .paging = FTL_PAGING_HA | FTL_PAGING_HD,
                          .levels = FTL_PTE_LEVEL_AARCH64_COUNT,
                          .flags = FTL_PTE_FLAG_AARCH64_COUNT,
                          .upper_flags = FTL_PTE_FLAG_AARCH64_VALID + 1},
};

/* Pages of pt, and of 4 KiB that a leaf entry maps. */
static const struct {
    uint8_t pt_pages;
    uint8_t leaf_pages;
} granules[FTL_GRANULE_COUNT] = {
    [FTL_GRANULE_4K] = {FTL_PT_PAGES, FTL_GRANULE_PAGES_4K},
    [FTL_GRANULE_16K] = {12, FTL_GRANULE_PAGES_16K},
    [FTL_GRANULE_64K] = {FTL_ARM_MAX_PT_PAGES, FTL_GRANULE_PAGES_64K},
};

struct check {
    char *text;
    size_t size;
    const char *where;
    uint32_t index;
    bool failed;
};

static void fail(struct check *check, const char *field, uint64_t value)
{
    if (check->failed)
        return;
    check->failed = true;
    snprintf(check->text, check->size, "%s %u: %s is %llu", check->where, check->index, field,
             (unsigned long long)value);
}

static void at_most(struct check *check, const char *field, uint64_t value, uint64_t limit)
{
    if (value > limit)
        fail(check, field, value);
}

static void within(struct check *check, const char *field, uint64_t value, uint64_t low, uint64_t high)
{
    if (value < low || value > high)
        fail(check, field, value);
}

static void bits(struct check *check, const char *field, uint64_t value, uint64_t allowed)
{
    if (value & ~allowed)
        fail(check, field, value);
}

static void check_script(struct check *check, uint8_t modes, uint8_t minor, uint8_t wp, uint8_t count,
                         const uint8_t *missing, uint32_t delay_us)
{
    at_most(check, "uffd_modes", modes, FTL_UFFD_MODE_MISSING | FTL_UFFD_MODE_MINOR | FTL_UFFD_MODE_WP);
    at_most(check, "minor_answer", minor, FTL_MINOR_ANSWER_COUNT - 1);
    at_most(check, "wp_answer", wp, FTL_WP_ANSWER_COUNT - 1);
    at_most(check, "missing_count", count, FTL_MAX_ANSWERS);
    for (uint32_t i = 0; i < FTL_MAX_ANSWERS; i++)
        at_most(check, "missing_answers", missing[i], FTL_MISSING_ANSWER_COUNT - 1);
    at_most(check, "delay_us", delay_us, FTL_MAX_DELAY_US);
}

static void check_region(struct check *check, const struct ftl_region *region, bool is_pt, uint8_t granule)
{
    uint32_t pt_pages = granules[granule].pt_pages;
    uint32_t leaf_pages = granules[granule].leaf_pages;

    at_most(check, "backing", region->backing, FTL_BACKING_COUNT - 1);
    at_most(check, "slot_flags", region->slot_flags, FTL_SLOT_LOG | FTL_SLOT_READONLY);
    within(check, "pages", region->pages, is_pt ? pt_pages : 1, is_pt ? pt_pages : FTL_MAX_PAGES);
    at_most(check, "offset_pages", region->offset_pages,
            is_pt || fl_is_huge(region->backing) ? 0 : FTL_MAX_OFFSET_PAGES);
    if (region->pages % leaf_pages)
        fail(check, "pages", region->pages);
    if (region->offset_pages % leaf_pages)
        fail(check, "offset_pages", region->offset_pages);
    check_script(check, region->uffd_modes, region->minor_answer, region->wp_answer, region->missing_count,
                 region->missing_answers, region->delay_us);
}

static void check_header(struct check *check, const struct ftl_request *request, uint32_t size)
{
    const struct limits *limits = &limits_of[request->arch < FTL_ARCH_COUNT ? request->arch : 0];

    if (request->magic != FTL_MAGIC)
        fail(check, "magic", request->magic);
    if (request->version != FTL_VERSION)
        fail(check, "version", request->version);
    at_most(check, "family", request->family, FTL_FAMILY_STAGE2);
    at_most(check, "arch", request->arch, FTL_ARCH_COUNT - 1);
    if (check->failed)
        return;
    at_most(check, "step_count", request->step_count, MAX_RECORDS);
    if (request->size_bytes != size || size != FRAME_BYTES + request->step_count * sizeof(struct ftl_step))
        fail(check, "size_bytes", request->size_bytes);
    within(check, "deadline_ms", request->deadline_ms, 1, MAX_DEADLINE_MS);
    at_most(check, "withdraw_ms", request->withdraw_ms, MAX_WITHDRAW_MS);
    at_most(check, "flags", request->flags, FTL_REQUEST_FRESH_VM | FTL_REQUEST_HAS_DATA2);
    at_most(check, "plant", request->plant, FTL_PLANT_COUNT - 1);
    at_most(check, "privilege", request->privilege, FTL_PRIVILEGE_COUNT - 1);
    within(check, "vcpus", request->vcpus, 1, FL_VCPUS);
    at_most(check, "dirty_tracking", request->dirty_tracking, FTL_DIRTY_TRACKING_COUNT - 1);
    bits(check, "initial", request->initial, limits->initial);
    at_most(check, "granule", request->granule, limits->granules - 1);
    bits(check, "paging", request->paging, limits->paging);
    within(check, "none_pages", request->none_pages, 1, FTL_MAX_NONE_PAGES);
    within(check, "read_count", request->read_count, 1, FTL_MAX_MMIO_READS);
    if (!check->failed && request->none_pages % granules[request->granule].leaf_pages)
        fail(check, "none_pages", request->none_pages);
}

/* Mapped pages of a region that a step names; 0 where it may not name it. */
static uint32_t region_pages(const struct fl_exec *frame, uint8_t region)
{
    switch (region) {
    case FTL_REGION_PT:
    case FTL_REGION_DATA:
        return frame->regions[region - FTL_REGION_PT].pages;
    case FTL_REGION_DATA2:
        return frame->request->flags & FTL_REQUEST_HAS_DATA2 ? frame->regions[2].pages : 0;
    case FTL_REGION_NONE:
        return frame->request->none_pages;
    default:
        return 0;
    }
}

static void check_access(struct check *check, const struct fl_exec *frame, const struct ftl_step *step)
{
    const struct limits *limits = &limits_of[frame->request->arch];
    uint32_t pages = region_pages(frame, step->region);

    at_most(check, "op", step->op, limits->ops - 1);
    if (check->failed)
        return;
    if (!step->width || step->width & (step->width - 1) || !(limits->widths[step->op] & step->width))
        fail(check, "width", step->width);
    within(check, "region", step->region, FTL_REGION_DATA, FTL_REGION_NONE);
    at_most(check, "vcpu", step->vcpu, frame->request->vcpus - 1u);
    at_most(check, "comparand", step->comparand, FTL_COMPARAND_COUNT - 1);
    at_most(check, "offset", step->offset, FTL_PAGE_SIZE - 1);
    within(check, "count", step->count, 1, FTL_MAX_REP_COUNT);
    within(check, "pages", step->pages, 1, FTL_MAX_PAGES);
    if (step->page + step->pages > pages)
        fail(check, "page", step->page);
    within(check, "peer_region", step->peer_region, FTL_REGION_DATA, FTL_REGION_SCRATCH);
    if (step->peer_region == FTL_REGION_SCRATCH) {
        at_most(check, "peer_page", step->peer_page, 0);
        at_most(check, "peer_offset", step->peer_offset, 0);
        return;
    }
    if (step->peer_page >= region_pages(frame, step->peer_region))
        fail(check, "peer_page", step->peer_page);
    at_most(check, "peer_offset", step->peer_offset, FTL_PAGE_SIZE - 1);
}

static void check_pages(struct check *check, const struct fl_exec *frame, const struct ftl_step *step)
{
    within(check, "region", step->region, FTL_REGION_PT, FTL_REGION_DATA2);
    within(check, "pages", step->pages, 1, FTL_MAX_PAGES);
    if (step->page + step->pages > region_pages(frame, step->region))
        fail(check, "page", step->page);
}

static void check_word(struct check *check, const struct fl_exec *frame, const struct ftl_step *step)
{
    within(check, "region", step->region, FTL_REGION_DATA, FTL_REGION_DATA2);
    if (step->page >= region_pages(frame, step->region))
        fail(check, "page", step->page);
    at_most(check, "offset", step->offset, FTL_PAGE_SIZE - 8);
    if (step->offset % 8)
        fail(check, "offset", step->offset);
}

static void check_pte(struct check *check, const struct fl_exec *frame, const struct ftl_step *step)
{
    const struct limits *limits = &limits_of[frame->request->arch];

    within(check, "region", step->region, FTL_REGION_DATA, FTL_REGION_NONE);
    if (step->page >= region_pages(frame, step->region))
        fail(check, "page", step->page);
    at_most(check, "vcpu", step->vcpu, frame->request->vcpus - 1u);
    at_most(check, "pte_level", step->pte_level, limits->levels - 1);
    at_most(check, "pte_flag", step->pte_flag, (step->pte_level ? limits->upper_flags : limits->flags) - 1);
    at_most(check, "actor", step->actor, FTL_ACTOR_COUNT - 1);
}

/* The region of a step that names no pages. */
static void check_slot(struct check *check, const struct fl_exec *frame, const struct ftl_step *step)
{
    within(check, "region", step->region, FTL_REGION_PT, FTL_REGION_DATA2);
    if (!region_pages(frame, step->region))
        fail(check, "region", step->region);
    at_most(check, "slot_flags", step->slot_flags, FTL_SLOT_LOG | FTL_SLOT_READONLY);
    at_most(check, "away", step->away, step->region == FTL_REGION_PT ? 0 : 1);
}

static void check_step(struct check *check, const struct fl_exec *frame, const struct ftl_step *step)
{
    at_most(check, "kind", step->kind, FTL_STEP_COUNT - 1);
    at_most(check, "flags", step->flags, FTL_STEP_SET | FTL_STEP_FLUSH | FTL_STEP_RACE_WITH_NEXT);
    if (step->flags & FTL_STEP_RACE_WITH_NEXT && step->kind != FTL_STEP_ACCESS)
        fail(check, "flags", step->flags);
    switch (step->kind) {
    case FTL_STEP_ACCESS:
        check_access(check, frame, step);
        break;
    case FTL_STEP_HOLE:
        at_most(check, "hole_method", step->hole_method, FTL_HOLE_METHOD_COUNT - 1);
        check_pages(check, frame, step);
        break;
    case FTL_STEP_PTE:
        check_pte(check, frame, step);
        break;
    case FTL_STEP_HOST_MPROTECT:
        at_most(check, "prot", step->prot, FTL_PROT_COUNT - 1);
        check_pages(check, frame, step);
        break;
    case FTL_STEP_DIRTY_CLEAR:
    case FTL_STEP_UFFD_PROTECT:
    case FTL_STEP_UFFD_UNPROTECT:
        check_pages(check, frame, step);
        break;
    case FTL_STEP_HOST_READ:
    case FTL_STEP_HOST_WRITE:
        check_word(check, frame, step);
        break;
    case FTL_STEP_DIRTY_HARVEST:
    case FTL_STEP_DIRTY_RESET:
    case FTL_STEP_HOST_FORK:
    case FTL_STEP_HOST_RELEASE:
        break;
    default:
        check_slot(check, frame, step);
        check_script(check, step->uffd_modes, step->minor_answer, step->wp_answer, step->missing_count,
                     step->missing_answers, step->delay_us);
        break;
    }
}

/* Two records that run at once are both accesses, one on each vCPU, and a pair ends there. */
static void check_race(struct check *check, const struct ftl_step *steps, uint32_t index, uint32_t count)
{
    const struct ftl_step *step = &steps[index];

    if (step->kind != FTL_STEP_ACCESS || !(step->flags & FTL_STEP_RACE_WITH_NEXT))
        return;
    if (index + 1 >= count || steps[index + 1].kind != FTL_STEP_ACCESS ||
        steps[index + 1].flags & FTL_STEP_RACE_WITH_NEXT || steps[index + 1].vcpu == step->vcpu)
        fail(check, "race_with_next", step->flags);
}

const char *fl_decode(struct fl_exec *frame, const uint8_t *bytes, uint32_t size, char *text,
                      size_t text_size)
{
    struct check check = {.text = text, .size = text_size, .where = "request"};

    if (size < FRAME_BYTES) {
        snprintf(text, text_size, "the frame is %u bytes, shorter than a request", size);
        return text;
    }
    memcpy(&frame->frame.request, bytes, sizeof(struct ftl_request));
    memcpy(frame->frame.regions, bytes + sizeof(struct ftl_request), sizeof(frame->frame.regions));
    frame->request = &frame->frame.request;
    frame->regions = frame->frame.regions;
    frame->steps = frame->frame.steps;
    check_header(&check, frame->request, size);
    if (check.failed)
        return text;
    memcpy(frame->frame.steps, bytes + FRAME_BYTES, size - FRAME_BYTES);
    if (!(frame->request->flags & FTL_REQUEST_HAS_DATA2))
        memset(&frame->frame.regions[2], 0, sizeof(frame->frame.regions[2]));
    check.where = "region";
    for (uint32_t i = 0; !check.failed && i < 3; i++) {
        check.index = i + FTL_REGION_PT;
        if (i < 2 || frame->request->flags & FTL_REQUEST_HAS_DATA2)
            check_region(&check, &frame->regions[i], i == 0, frame->request->granule);
    }
    check.where = "step";
    for (uint32_t i = 0; !check.failed && i < frame->request->step_count; i++) {
        check.index = i;
        check_step(&check, frame, &frame->steps[i]);
        check_race(&check, frame->steps, i, frame->request->step_count);
    }
    return check.failed ? text : NULL;
}
