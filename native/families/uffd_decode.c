/* Refuses every frame of the family that is not exactly what docs/native-contract.md allows. */
#include <stdio.h>
#include <string.h>

#include "uffd.h"

#define MAX_DEADLINE_MS 600000u

struct check {
    char *text;
    size_t room;
    bool failed;
};

static void refuse(struct check *check, const char *field, uint64_t value)
{
    if (check->failed)
        return;
    check->failed = true;
    snprintf(check->text, check->room, "%s is %llu", field, (unsigned long long)value);
}

static void at_most(struct check *check, const char *field, uint64_t value, uint64_t limit)
{
    if (value > limit)
        refuse(check, field, value);
}

static void at_least(struct check *check, const char *field, uint64_t value, uint64_t limit)
{
    if (value < limit)
        refuse(check, field, value);
}

static void check_header(struct check *check, const struct ftl_uffd_request *request, uint32_t size)
{
    at_most(check, "magic", request->magic ^ FTL_MAGIC, 0);
    at_most(check, "version", request->version ^ FTL_VERSION, 0);
    at_most(check, "arch", request->arch, FTL_ARCH_COUNT - 1);
    at_most(check, "step_count", request->step_count, FTL_UFFD_MAX_STEPS);
    at_most(check, "size_bytes", request->size_bytes ^ size, 0);
    at_most(check, "size_bytes",
            size ^ (sizeof(*request) + request->step_count * sizeof(struct ftl_uffd_step)), 0);
    at_least(check, "deadline_ms", request->deadline_ms, 1);
    at_most(check, "deadline_ms", request->deadline_ms, MAX_DEADLINE_MS);
    at_most(check, "flags", request->flags, FTL_REQUEST_FRESH_VM);
    at_most(check, "plant", request->plant, FTL_PLANT_COUNT - 1);
    at_most(check, "memory", request->memory, FTL_UFFD_MEMORY_COUNT - 1);
    at_most(check, "open", request->open, FTL_UFFD_OPEN_COUNT - 1);
    at_least(check, "pages", request->pages, 1);
    at_most(check, "pages", request->pages, FTL_UFFD_MAX_PAGES);
    for (uint32_t i = 0; i < FTL_UFFD_MAX_PAGES; i++)
        at_most(check, "content", request->content[i], FTL_UFFD_PAGE_STATE_COUNT - 1);
}

static void check_step(struct check *check, const struct ftl_uffd_step *step, uint32_t pages)
{
    at_most(check, "kind", step->kind, FTL_UFFD_STEP_KIND_COUNT - 1);
    at_most(check, "thread", step->thread, FLU_TOUCHES - 1);
    at_most(check, "ioctl", step->ioctl, FTL_UFFD_IOCTL_COUNT - 1);
    at_most(check, "flaw", step->flaw, FTL_UFFD_FLAW_COUNT - 1);
    at_most(check, "advice", step->advice, FTL_UFFD_ADVICE_COUNT - 1);
    at_most(check, "descriptor", step->descriptor, FTL_UFFD_DESCRIPTOR_COUNT - 1);
    at_most(check, "source_flaw", step->source_flaw, FTL_UFFD_SOURCE_COUNT - 1);
    at_most(check, "argument", step->argument, FTL_UFFD_ARGUMENT_COUNT - 1);
    if (step->kind == FTL_UFFD_STEP_KIND_ADVISE)
        at_most(check, "mode", step->mode, 1);
    at_least(check, "pages", step->pages, 1);
    at_most(check, "page", (uint64_t)step->page + step->pages, pages);
    at_most(check, "word", step->word, FL_PAGE / 8 - 2);
    at_most(check, "source", step->source, pages > 2 ? pages - 1 : 1);
}

static bool is_access(uint8_t kind)
{
    return kind <= FTL_UFFD_STEP_KIND_WRITE || kind >= FTL_UFFD_STEP_KIND_KERNEL_READ;
}

/* A child is forked before it acts, and there is one at a time. */
static bool check_child(struct check *check, const struct ftl_uffd_step *step, bool alive)
{
    if (step->kind == FTL_UFFD_STEP_KIND_FORK)
        at_most(check, "fork of a second child", alive, 0);
    if (step->kind == FTL_UFFD_STEP_KIND_EXIT)
        at_least(check, "exit of a child", alive, 1);
    if (is_access(step->kind) && step->thread == FLU_CHILD)
        at_least(check, "access by a child", alive, 1);
    return (alive || step->kind == FTL_UFFD_STEP_KIND_FORK) && step->kind != FTL_UFFD_STEP_KIND_EXIT;
}

const char *flu_decode(struct flu_frame *frame, const uint8_t *bytes, uint32_t size, char *text, size_t room)
{
    struct check check = {.text = text, .room = room};
    bool child = false;

    if (size < sizeof(frame->request)) {
        snprintf(text, room, "the frame is %u bytes, shorter than a request", size);
        return text;
    }
    memcpy(&frame->request, bytes, sizeof(frame->request));
    check_header(&check, &frame->request, size);
    if (check.failed)
        return text;
    memcpy(frame->steps, bytes + sizeof(frame->request), size - sizeof(frame->request));
    for (uint32_t i = 0; i < frame->request.step_count; i++) {
        check_step(&check, &frame->steps[i], frame->request.pages);
        child = check_child(&check, &frame->steps[i], child);
    }
    return check.failed ? text : NULL;
}
