/* Frames of the uffd family, by hand and at random. */
#ifndef FL_TESTS_UFFD_RANDOM_H
#define FL_TESTS_UFFD_RANDOM_H

#include <unistd.h>

#include "../families/uffd.h"
#include "random.h"

/* Pages that have been used, one step after another. */
static inline struct flu_frame uffd_new(uint8_t memory, uint8_t pages)
{
    struct flu_frame s = {.request = {.magic = FTL_MAGIC,
                                      .version = FTL_VERSION,
                                      .family = FTL_FAMILY_UFFD,
                                      .arch = TEST_ARCH,
                                      .deadline_ms = 20000,
                                      .memory = memory,
                                      .pages = pages}};

    return s;
}

static inline struct ftl_uffd_step *uffd_step(struct flu_frame *s, uint8_t kind)
{
    struct ftl_uffd_step *step = &s->steps[s->request.step_count++];

    *step = (struct ftl_uffd_step){.kind = kind, .pages = 1};
    return step;
}

static inline uint32_t uffd_encode(const struct flu_frame *s, uint8_t *frame)
{
    struct ftl_uffd_request request = s->request;
    uint32_t steps = request.step_count * (uint32_t)sizeof(struct ftl_uffd_step);

    request.size_bytes = (uint32_t)sizeof(request) + steps;
    memcpy(frame, &request, sizeof(request));
    memcpy(frame + sizeof(request), s->steps, steps);
    return request.size_bytes;
}

/* Accesses, calls of every kind in every mode, and handshakes, after a fork also the child's. `memories`: of
 * that many kinds. */
static inline void uffd_random_step(struct random *random, struct flu_frame *s, bool forked)
{
    uint32_t pages = s->request.pages;
    struct ftl_uffd_step *step =
        uffd_step(s, (uint8_t)random_below(random, FTL_UFFD_STEP_KIND_API_FRESH + 1));

    if (random_below(random, 2))
        step->kind = FTL_UFFD_STEP_KIND_IOCTL;
    else if (random_below(random, 4) == 0)
        step->kind = (uint8_t)(FTL_UFFD_STEP_KIND_KERNEL_READ + random_below(random, 2));
    step->thread = (uint8_t)random_below(random, FTL_UFFD_THREADS + forked);
    step->descriptor = (uint8_t)random_below(random, 1u + forked);
    step->ioctl = (uint8_t)random_below(random, FTL_UFFD_IOCTL_COUNT);
    if (random_below(random, 8) == 0)
        step->flaw = (uint8_t)random_below(random, FTL_UFFD_FLAW_COUNT);
    step->page = (uint16_t)random_below(random, pages);
    step->pages = (uint16_t)(1 + random_below(random, pages - step->page));
    step->word = (uint16_t)random_below(random, FL_PAGE / 8 - 1);
    step->source = (uint16_t)random_below(random, 2);
    step->mode = random_below(random, 8);
    step->value = step->kind <= FTL_UFFD_STEP_KIND_WRITE ? random_u64(random) : 0xaa;
}

static inline struct flu_frame uffd_random(struct random *random, uint32_t memories)
{
    uint8_t memory = (uint8_t)random_below(random, memories);
    struct flu_frame s = uffd_new(memory, (uint8_t)(1 + random_below(random, 4)));
    uint32_t steps = 1 + random_below(random, 8);
    bool forks = random_below(random, 16) == 0;
    uint32_t states = memory == FTL_UFFD_MEMORY_ANON ? 2 : FTL_UFFD_PAGE_STATE_COUNT;

    for (uint32_t page = 0; page < s.request.pages; page++)
        s.request.content[page] =
            states == 2
                ? (uint8_t)(random_below(random, 2) ? FTL_UFFD_PAGE_STATE_HOLE : FTL_UFFD_PAGE_STATE_MAPPED)
                : (uint8_t)random_below(random, states);
    s.request.features = 1u << 8 | (forks && random_below(random, 2) ? 1u << 1 : 0);
    uffd_step(&s, FTL_UFFD_STEP_KIND_IOCTL);
    s.steps[0].ioctl = FTL_UFFD_IOCTL_REGISTER;
    s.steps[0].pages = s.request.pages;
    s.steps[0].mode = 1 + random_below(random, memory == FTL_UFFD_MEMORY_ANON ? 3 : 7);
    if (forks)
        uffd_step(&s, FTL_UFFD_STEP_KIND_FORK);
    for (uint32_t i = 0; i < steps; i++)
        uffd_random_step(random, &s, forks);
    if (forks && random_below(random, 2))
        uffd_step(&s, FTL_UFFD_STEP_KIND_EXIT);
    return s;
}

#endif
