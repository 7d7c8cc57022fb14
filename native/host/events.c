#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "context.h"

void fl_event(struct fl_events *list, uint32_t step, uint8_t kind, uint8_t vcpu, uint32_t arg, uint64_t a,
              uint64_t b, uint64_t c)
{
    if (list->count == list->capacity) {
        uint32_t capacity = list->capacity ? 2 * list->capacity : 64;
        struct ftl_event *items = realloc(list->items, capacity * sizeof(*items));

        if (!items) {
            list->lost = true;
            return;
        }
        list->items = items;
        list->capacity = capacity;
    }
    list->items[list->count++] = (struct ftl_event){(uint16_t)step, kind, vcpu, arg, a, b, c};
}

void fl_events_append(struct fl_events *list, struct fl_events *from)
{
    for (uint32_t i = 0; i < from->count; i++) {
        const struct ftl_event *e = &from->items[i];

        fl_event(list, e->step, e->kind, e->vcpu, e->arg, e->a, e->b, e->c);
    }
    list->lost |= from->lost;
    from->count = 0;
    from->lost = false;
}

void fl_events_free(struct fl_events *list)
{
    free(list->items);
    *list = (struct fl_events){0};
}

uint64_t fl_now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

void fl_fail(struct fl_exec *exec, uint8_t status, const char *format, ...)
{
    va_list arguments;

    if (exec->status != FTL_STATUS_OK)
        return;
    exec->status = status;
    exec->discard_vm = true;
    va_start(arguments, format);
    vsnprintf(exec->detail, sizeof(exec->detail), format, arguments);
    va_end(arguments);
}
