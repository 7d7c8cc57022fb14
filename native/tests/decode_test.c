/* The decoder refuses what the contract does not allow, and survives anything. */
#include "context.h"
#include "random.h"

#define ROUNDS 300000u

static uint8_t frame[sizeof(struct scenario)];

static bool refused(struct scenario *s)
{
    static struct fl_exec exec;
    char text[104];
    const char *reason = fl_decode(&exec, frame, scenario_encode(s, frame), text, sizeof(text));

    if (reason)
        REQUIRE(reason == text && strlen(text) > 0);
    return reason != NULL;
}

/* Loads have number 0 everywhere. */
static void every_field(uint8_t arch)
{
    struct scenario good = scenario_new();
    struct scenario s;

    good.request.arch = arch;
    good.request.initial = 0;
    scenario_access(&good, FTL_OP_LOAD, 8, FTL_REGION_DATA, 3, 0xfff, 0);
    REQUIRE(!refused(&good));
#define BREAK(change)         \
    do {                      \
        s = good;             \
        change;               \
        REQUIRE(refused(&s)); \
    } while (0)
    BREAK(s.request.magic++);
    BREAK(s.request.version++);
    BREAK(s.request.family = FTL_FAMILY_COUNT);
    BREAK(s.request.arch = FTL_ARCH_COUNT);
    BREAK(s.request.deadline_ms = 0);
    BREAK(s.request.plant = FTL_PLANT_COUNT);
    BREAK(s.request.flags = 4);
    BREAK(s.request.privilege = 2);
    BREAK(s.request.vcpus = 0);
    BREAK(s.request.vcpus = 3);
    BREAK(s.request.dirty_tracking = FTL_DIRTY_TRACKING_COUNT);
    BREAK(s.request.initial = arch == FTL_ARCH_X86_64 ? 16 : 8);
    BREAK(s.request.none_pages = FTL_MAX_NONE_PAGES + 1);
    BREAK(s.request.read_count = 0);
    BREAK(s.request.granule = arch == FTL_ARCH_X86_64 ? FTL_GRANULE_16K : FTL_GRANULE_COUNT);
    BREAK(s.request.paging = arch == FTL_ARCH_X86_64 ? FTL_PAGING_HA : 4);
    BREAK(s.request.flags = FTL_REQUEST_HAS_DATA2); /* whose region is empty */
    BREAK(s.regions[0].pages = 7);
    BREAK(s.regions[1].pages = FTL_MAX_PAGES + 1);
    BREAK(s.regions[1].offset_pages = FTL_MAX_OFFSET_PAGES + 1);
    BREAK((s.regions[1].backing = FTL_BACKING_HUGETLB, s.regions[1].offset_pages = 1));
    BREAK(s.regions[1].backing = FTL_BACKING_COUNT);
    BREAK(s.regions[1].missing_count = FTL_MAX_ANSWERS + 1);
    BREAK(s.regions[1].missing_answers[3] = FTL_MISSING_ANSWER_COUNT);
    BREAK(s.regions[1].delay_us = FTL_MAX_DELAY_US + 1);
    BREAK(s.steps[0].kind = FTL_STEP_COUNT);
    BREAK(s.steps[0].op = arch == FTL_ARCH_X86_64 ? FTL_OP_COUNT : FTL_OP_AARCH64_COUNT);
    BREAK(s.steps[0].width = 16);
    BREAK(s.steps[0].width = 0);
    BREAK(s.steps[0].width = 3);
    BREAK(s.steps[0].vcpu = 1);
    BREAK(s.steps[0].region = FTL_REGION_PT);
    BREAK(s.steps[0].region = FTL_REGION_DATA2);
    BREAK(s.steps[0].page = 4);
    BREAK(s.steps[0].pages = 2);
    BREAK(s.steps[0].pages = 0);
    BREAK(s.steps[0].offset = 4096);
    BREAK(s.steps[0].count = 0);
    BREAK(s.steps[0].peer_region = FTL_REGION_CODE);
    BREAK((s.steps[0].peer_region = FTL_REGION_DATA, s.steps[0].peer_page = 4));
    BREAK(s.steps[0].flags = FTL_STEP_RACE_WITH_NEXT);
#undef BREAK
}

/* Larger granules want other numbers of pages, everywhere. */
static void granules(void)
{
    struct scenario good = scenario_new();
    struct scenario s;

    good.request.arch = FTL_ARCH_AARCH64;
    good.request.initial = FTL_INITIAL_AARCH64_AF;
    good.request.granule = FTL_GRANULE_16K;
    good.request.none_pages = 4;
    good.regions[0].pages = 12;
    good.regions[1].offset_pages = 8;
    scenario_step(&good, FTL_STEP_PTE, FTL_REGION_DATA)->pte_flag = FTL_PTE_FLAG_AARCH64_AF;
    REQUIRE(!refused(&good));
#define BREAK(change)         \
    do {                      \
        s = good;             \
        change;               \
        REQUIRE(refused(&s)); \
    } while (0)
    BREAK(s.request.none_pages = 2);
    BREAK(s.request.granule = FTL_GRANULE_64K);
    BREAK(s.regions[0].pages = FTL_PT_PAGES);
    BREAK(s.regions[1].pages = 6);
    BREAK(s.regions[1].offset_pages = 2);
    BREAK(s.steps[0].pte_level = FTL_PTE_LEVEL_AARCH64_L2);
    BREAK(s.request.arch = FTL_ARCH_X86_64);
#undef BREAK
}

static void every_length(void)
{
    static struct fl_exec exec;
    struct scenario s = scenario_new();
    char text[104];
    uint32_t size;

    scenario_access(&s, TEST_LOAD, 8, FTL_REGION_DATA, 0, 0, 0);
    size = scenario_encode(&s, frame);
    for (uint32_t shorter = 0; shorter < size; shorter++) {
        uint8_t *exact = malloc(shorter ? shorter : 1); /* so that reading past the end is found */

        REQUIRE(exact);
        memcpy(exact, frame, shorter);
        REQUIRE(fl_decode(&exec, exact, shorter, text, sizeof(text)));
        free(exact);
    }
    REQUIRE(fl_decode(&exec, frame, size + 1, text, sizeof(text)));
}

/* Valid frames with a few bytes changed get furthest. */
static void garbage(void)
{
    static struct fl_exec exec;
    struct random random = {42};
    uint32_t accepted = 0;
    char text[104];

    for (uint32_t round = 0; round < ROUNDS; round++) {
        struct scenario s = random_scenario(&random, (uint8_t)(round % FTL_ARCH_COUNT), true);
        uint32_t size = scenario_encode(&s, frame);
        uint32_t changes = random_below(&random, 4);

        for (uint32_t i = 0; i < changes; i++)
            frame[random_below(&random, size)] = (uint8_t)random_u64(&random);
        if (random_below(&random, 16) == 0)
            size = random_below(&random, size + 1);
        accepted += !fl_decode(&exec, frame, size, text, sizeof(text));
    }
    REQUIRE(accepted > ROUNDS / 20 && accepted < ROUNDS);
}

/* A context answers garbage, too: with `refused`, or with nothing where there is no room. */
static void whole_library(void)
{
    struct random random = {7};
    static struct answer answer;
    struct faultline *context = faultline_open((char *)frame, sizeof(frame));

    REQUIRE(context);
    REQUIRE(faultline_execute(context, frame, 0, (uint8_t *)&answer, sizeof(answer.header) - 1) < 0);
    for (uint32_t round = 0; round < 10000; round++) {
        uint32_t size = random_below(&random, 400);
        int64_t got;

        for (uint32_t i = 0; i < size; i++)
            frame[i] = (uint8_t)random_u64(&random);
        got = faultline_execute(context, frame, size, (uint8_t *)&answer, sizeof(answer));
        REQUIRE(got == sizeof(answer.header) && answer.header.status == FTL_STATUS_REFUSED);
    }
    faultline_close(context);
}

/* One build executes one architecture, and says so. */
static void other_architecture(void)
{
    uint8_t other = TEST_ARCH == FTL_ARCH_X86_64 ? FTL_ARCH_AARCH64 : FTL_ARCH_X86_64;
    struct random random = {11};
    static struct answer answer;
    struct faultline *context = faultline_open((char *)frame, sizeof(frame));

    REQUIRE(context);
    for (uint32_t round = 0; round < 1000; round++) {
        struct scenario s = random_scenario(&random, other, true);

        scenario_run(context, &s, &answer);
        REQUIRE(answer.header.status == FTL_STATUS_SKIPPED && answer.header.event_count == 0);
        REQUIRE(strstr((const char *)answer.header.detail, "this driver executes "));
    }
    faultline_close(context);
}

int main(void)
{
    every_field(FTL_ARCH_X86_64);
    every_field(FTL_ARCH_AARCH64);
    granules();
    other_architecture();
    every_length();
    garbage();
    whole_library();
    return 0;
}
