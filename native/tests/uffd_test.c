/* The uffd family: its decoder refuses what the contract does not allow and survives anything, and what it
 * lets through ends. */
#include "context.h"
#include "random.h"
#include "uffd_random.h"

#define ROUNDS   300000u
#define EXECUTED 3000u

static uint8_t frame[sizeof(struct flu_frame)];

static bool refused(const struct flu_frame *s)
{
    static struct flu_frame decoded;
    char text[104];
    const char *reason = flu_decode(&decoded, frame, uffd_encode(s, frame), text, sizeof(text));

    if (reason)
        REQUIRE(reason == text && strlen(text) > 0);
    return reason != NULL;
}

static void every_field(void)
{
    struct flu_frame good = uffd_new(FTL_UFFD_MEMORY_ANON, 4);
    struct flu_frame s;

    uffd_step(&good, FTL_UFFD_STEP_KIND_READ);
    REQUIRE(!refused(&good));
#define BREAK(change)         \
    do {                      \
        s = good;             \
        change;               \
        REQUIRE(refused(&s)); \
    } while (0)
    BREAK(s.request.magic++);
    BREAK(s.request.version++);
    BREAK(s.request.arch = FTL_ARCH_COUNT);
    BREAK(s.request.deadline_ms = 0);
    BREAK(s.request.deadline_ms = UINT32_MAX);
    BREAK(s.request.plant = FTL_PLANT_COUNT);
    BREAK(s.request.flags = 4);
    BREAK(s.request.memory = FTL_UFFD_MEMORY_COUNT);
    BREAK(s.request.open = FTL_UFFD_OPEN_COUNT);
    BREAK(s.request.pages = 0);
    BREAK(s.request.pages = FTL_UFFD_MAX_PAGES + 1);
    BREAK(s.request.content[FTL_UFFD_MAX_PAGES - 1] = FTL_UFFD_PAGE_STATE_COUNT);
    BREAK(s.steps[0].kind = FTL_UFFD_STEP_KIND_COUNT);
    BREAK(s.steps[0].thread = UINT8_MAX);
    BREAK(s.steps[0].ioctl = FTL_UFFD_IOCTL_COUNT);
    BREAK(s.steps[0].flaw = FTL_UFFD_FLAW_COUNT);
    BREAK(s.steps[0].descriptor = FTL_UFFD_DESCRIPTOR_COUNT);
    BREAK(s.steps[0].pages = 0);
    BREAK(s.steps[0].page = 4);
    BREAK(s.steps[0].pages = 5);
    BREAK(s.steps[0].word = FL_PAGE / 8 - 1);
    BREAK(s.steps[0].source = 4);
#undef BREAK
}

/* A child is forked before it acts, once until it ends. */
static void child_in_order(void)
{
    static const struct {
        uint8_t kinds[4];
        bool refused;
    } ORDERS[] = {
        {{FTL_UFFD_STEP_KIND_FORK, FTL_UFFD_STEP_KIND_READ, FTL_UFFD_STEP_KIND_EXIT, FTL_UFFD_STEP_KIND_FORK},
         false},
        {{FTL_UFFD_STEP_KIND_READ, FTL_UFFD_STEP_KIND_FORK, FTL_UFFD_STEP_KIND_EXIT,
          FTL_UFFD_STEP_KIND_IOCTL},
         true},
        {{FTL_UFFD_STEP_KIND_FORK, FTL_UFFD_STEP_KIND_IOCTL, FTL_UFFD_STEP_KIND_FORK,
          FTL_UFFD_STEP_KIND_EXIT},
         true},
        {{FTL_UFFD_STEP_KIND_FORK, FTL_UFFD_STEP_KIND_EXIT, FTL_UFFD_STEP_KIND_EXIT,
          FTL_UFFD_STEP_KIND_IOCTL},
         true},
    };

    for (size_t order = 0; order < sizeof(ORDERS) / sizeof(ORDERS[0]); order++) {
        struct flu_frame s = uffd_new(FTL_UFFD_MEMORY_ANON, 4);

        for (uint32_t i = 0; i < 4; i++)
            uffd_step(&s, ORDERS[order].kinds[i])->thread = FLU_CHILD;
        REQUIRE(refused(&s) == ORDERS[order].refused);
    }
}

static void every_length(void)
{
    static struct flu_frame decoded;
    struct flu_frame s = uffd_new(FTL_UFFD_MEMORY_SHMEM, 2);
    char text[104];
    uint32_t size;

    uffd_step(&s, FTL_UFFD_STEP_KIND_IOCTL);
    size = uffd_encode(&s, frame);
    for (uint32_t shorter = 0; shorter < size; shorter++) {
        uint8_t *exact = malloc(shorter ? shorter : 1); /* so that reading past the end is found */

        REQUIRE(exact);
        memcpy(exact, frame, shorter);
        REQUIRE(flu_decode(&decoded, exact, shorter, text, sizeof(text)));
        free(exact);
    }
    REQUIRE(flu_decode(&decoded, frame, size + 1, text, sizeof(text)));
}

/* Valid frames with a few bytes changed get furthest. */
static void garbage(void)
{
    static struct flu_frame decoded;
    struct random random = {42};
    uint32_t accepted = 0;
    char text[104];

    for (uint32_t round = 0; round < ROUNDS; round++) {
        struct flu_frame s = uffd_random(&random, FTL_UFFD_MEMORY_COUNT);
        uint32_t size = uffd_encode(&s, frame);
        uint32_t changes = random_below(&random, 4);

        for (uint32_t i = 0; i < changes; i++)
            frame[random_below(&random, size)] = (uint8_t)random_u64(&random);
        if (random_below(&random, 16) == 0)
            size = random_below(&random, size + 1);
        accepted += !flu_decode(&decoded, frame, size, text, sizeof(text));
    }
    REQUIRE(accepted > ROUNDS / 20 && accepted < ROUNDS);
}

/* With the family's number in its place and nothing else. */
static void whole_library(struct faultline *context)
{
    static struct answer answer;
    struct random random = {7};

    for (uint32_t round = 0; round < 10000; round++) {
        uint32_t size = random_below(&random, 400);
        int64_t got;

        for (uint32_t i = 0; i < size; i++)
            frame[i] = (uint8_t)random_u64(&random);
        frame[offsetof(struct ftl_head, family)] = FTL_FAMILY_UFFD;
        got = faultline_execute(context, frame, size, (uint8_t *)&answer, sizeof(answer));
        REQUIRE(got == sizeof(answer.header) && answer.header.status == FTL_STATUS_REFUSED);
    }
}

/* Whatever is asked for ends, and leaves no thread in a fault. Small pages only: on huge ones known kernels
 * spin. */
static void execute(struct faultline *context)
{
    static struct answer answer;
    struct random random = {23};
    uint32_t done = 0;

    for (uint32_t round = 0; round < EXECUTED; round++) {
        struct flu_frame s = uffd_random(&random, FTL_UFFD_MEMORY_HUGETLB);
        int64_t got =
            faultline_execute(context, frame, uffd_encode(&s, frame), (uint8_t *)&answer, sizeof(answer));

        REQUIRE(got > 0);
        REQUIRE(answer.header.status == FTL_STATUS_OK || answer.header.status == FTL_STATUS_SKIPPED);
        done += answer.header.status == FTL_STATUS_OK;
        for (uint32_t i = 0; i < answer.header.event_count; i++)
            REQUIRE(answer.events[i].kind != FTL_UFFD_EVENT_KIND_STUCK);
    }
    REQUIRE(done > EXECUTED / 2);
}

static bool has_userfaultfd(void)
{
    struct ftl_uffd_request request = {.open = FTL_UFFD_OPEN_SYSCALL};
    int fd = flu_open(&request);

    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

int main(void)
{
    char text[104];
    struct faultline *context = faultline_open(text, sizeof(text));

    REQUIRE(context);
    every_field();
    child_in_order();
    every_length();
    garbage();
    whole_library(context);
    if (has_userfaultfd())
        execute(context);
    faultline_close(context);
    return 0;
}
