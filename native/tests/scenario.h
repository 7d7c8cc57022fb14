/* Building requests and reading responses by hand, for the tests. */
#ifndef FL_TESTS_SCENARIO_H
#define FL_TESTS_SCENARIO_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "faultline.h"
#include "faultline_wire.generated.h"

#define SKIP 4 /* exit code, as in kselftest */

/* What the tests that run on every architecture use of it. */
#ifdef __aarch64__
#define TEST_ARCH    FTL_ARCH_AARCH64
#define TEST_INITIAL (FTL_INITIAL_AARCH64_AF | FTL_INITIAL_AARCH64_WRITABLE)
#define TEST_LOAD    FTL_OP_AARCH64_LDR
#define TEST_STORE   FTL_OP_AARCH64_STR
#else
#define TEST_ARCH    FTL_ARCH_X86_64
#define TEST_INITIAL 15
#define TEST_LOAD    FTL_OP_LOAD
#define TEST_STORE   FTL_OP_STORE
#endif

#define REQUIRE(condition)                                                          \
    do {                                                                            \
        if (!(condition)) {                                                         \
            fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition); \
            exit(1);                                                                \
        }                                                                           \
    } while (0)

struct scenario {
    struct ftl_request request;
    struct ftl_region regions[3];
    struct ftl_step steps[2 * FTL_MAX_STEPS];
};

struct answer {
    struct ftl_response header;
    struct ftl_event events[16384];
};

/* Four pages of anonymous data that have been used, the most privileged level. */
static inline struct scenario scenario_new(void)
{
    struct scenario s = {.request = {.magic = FTL_MAGIC,
                                     .version = FTL_VERSION,
                                     .arch = TEST_ARCH,
                                     .deadline_ms = 2000,
                                     .vcpus = 1,
                                     .initial = TEST_INITIAL,
                                     .none_pages = 1,
                                     .read_count = 1,
                                     .withdraw_ms = 20,
                                     .reads = {0x1122334455667788}},
                         .regions = {{.pages = FTL_PT_PAGES}, {.pages = 4}}};

    return s;
}

static inline struct ftl_step *scenario_step(struct scenario *s, uint8_t kind, uint8_t region)
{
    struct ftl_step *step = &s->steps[s->request.step_count++];

    step->kind = kind;
    step->region = region;
    step->pages = 1;
    return step;
}

static inline struct ftl_step *scenario_access(struct scenario *s, uint8_t op, uint8_t width, uint8_t region,
                                               uint16_t page, uint16_t offset, uint64_t value)
{
    struct ftl_step *step = scenario_step(s, FTL_STEP_ACCESS, region);

    step->op = op;
    step->width = width;
    step->page = page;
    step->offset = offset;
    step->value = value;
    step->count = 1;
    step->peer_region = FTL_REGION_SCRATCH;
    return step;
}

/* The frame is packed: steps start at 132 bytes, which no C struct would do. Returns its size. */
static inline uint32_t scenario_encode(struct scenario *s, uint8_t *frame)
{
    size_t head = sizeof(s->request) + sizeof(s->regions);
    size_t steps = s->request.step_count * sizeof(struct ftl_step);

    s->request.size_bytes = (uint32_t)(head + steps);
    memcpy(frame, &s->request, sizeof(s->request));
    memcpy(frame + sizeof(s->request), s->regions, sizeof(s->regions));
    memcpy(frame + head, s->steps, steps);
    return s->request.size_bytes;
}

static inline void scenario_run(struct faultline *context, struct scenario *s, struct answer *answer)
{
    uint8_t frame[sizeof(*s)];
    uint32_t size = scenario_encode(s, frame);
    int64_t got = faultline_execute(context, frame, size, (uint8_t *)answer, sizeof(*answer));

    REQUIRE(got >= (int64_t)sizeof(answer->header));
    REQUIRE(got == answer->header.size_bytes);
}

static inline const struct ftl_event *answer_find(const struct answer *answer, uint32_t step, uint8_t kind,
                                                  uint32_t nth)
{
    for (uint32_t i = 0; i < answer->header.event_count; i++) {
        const struct ftl_event *event = &answer->events[i];

        if (event->step == step && event->kind == kind && nth-- == 0)
            return event;
    }
    return NULL;
}

static inline void answer_print(const struct answer *answer)
{
    fprintf(stderr, "status %u reused %u %s\n", answer->header.status, answer->header.reused,
            (const char *)answer->header.detail);
    for (uint32_t i = 0; i < answer->header.event_count; i++) {
        const struct ftl_event *e = &answer->events[i];

        fprintf(stderr, "  step %u kind %u vcpu %u arg %x a %llx b %llx c %llx\n", e->step, e->kind, e->vcpu,
                e->arg, (unsigned long long)e->a, (unsigned long long)e->b, (unsigned long long)e->c);
    }
}

#endif
