/* What a scenario leaves behind. */
#include <string.h>
#include <unistd.h>

#include "uffd.h"

#define MAX_WORDS      64u
#define TELLING_OFFSET (FTL_PAGE_SIZE - 8)
/* Bits of /proc/self/pagemap that are reported: present, swapped, write-protected by a userfaultfd. */
#define ENTRY_BITS (1ull << 63 | 1ull << 62 | 1ull << 57)

static void report_waiting(struct flu *flu)
{
    for (uint8_t i = 0; i < FLU_TOUCHES; i++) {
        if (flu->threads[i].busy)
            flu_event(flu, FTL_UFFD_EVENT_KIND_WAITS, i, 0, 0, 0);
    }
}

static void report_entries(struct flu *flu, uint8_t owner, int pagemap, uint32_t page, uint32_t pages)
{
    for (uint32_t end = page + pages; page < end; page++) {
        uintptr_t address = (uintptr_t)flu->base + page * flu->unit;
        uint64_t entry = 0;

        if (pread(pagemap, &entry, sizeof(entry), (off_t)(address / FL_PAGE * 8)) != 8)
            fl_fail(flu->exec, FTL_STATUS_FAULT, "the pagemap cannot be read");
        flu_event(flu, FTL_UFFD_EVENT_KIND_ENTRY, owner, page, entry & ENTRY_BITS, 0);
    }
}

void flu_pagemap(struct flu *flu, const struct ftl_uffd_step *step)
{
    report_entries(flu, FLU_UNKNOWN, flu->context->pagemap, step->page, step->pages);
}

/* The fill that a page's last small word, which no access can name, comes from, as a base: 0 is zeroes, else
 * 1 + tag * pages + page of the fill. */
static uint32_t base_of(uint64_t word)
{
    for (uint8_t tag = 0; tag < FTL_UFFD_FILL_COUNT; tag++) {
        for (uint32_t page = 0; page < FTL_UFFD_MAX_PAGES; page++) {
            if (word == flu_fill_word(tag, page, TELLING_OFFSET))
                return 1 + tag * FTL_UFFD_MAX_PAGES + page;
        }
    }
    return 0;
}

static uint64_t base_word(uint32_t base, uint32_t offset)
{
    if (base == 0)
        return 0;
    base--;
    return flu_fill_word((uint8_t)(base / FTL_UFFD_MAX_PAGES), base % FTL_UFFD_MAX_PAGES, offset);
}

static void report_page(struct flu *flu, uint8_t owner, uint32_t page, const uint8_t *at)
{
    uint64_t word = 0;
    uint32_t differing = 0;
    uint32_t place = flu->exec->out.count;
    uint32_t base;

    memcpy(&word, at + TELLING_OFFSET, sizeof(word));
    base = base_of(word);
    flu_event(flu, FTL_UFFD_EVENT_KIND_PAGE, owner, page | base << 8, 0, 0);
    for (uint32_t offset = 0; offset < flu->unit; offset += 8) {
        memcpy(&word, at + offset, sizeof(word));
        if (word == base_word(base, offset))
            continue;
        if (differing++ < MAX_WORDS)
            flu_event(flu, FTL_UFFD_EVENT_KIND_PAGE_WORD, owner, page, offset, word);
    }
    if (place < flu->exec->out.count)
        flu->exec->out.items[place].a = differing;
}

static const uint8_t *own_page(struct flu *flu, uint32_t page, int *code)
{
    const uint8_t *at = flu->base + page * flu->unit;
    uint64_t word;

    return fl_read_word(at + TELLING_OFFSET, &word, code) ? at : NULL;
}

static void report_pages(struct flu *flu, uint8_t owner)
{
    for (uint32_t page = 0; page < flu->frame.request.pages; page++) {
        int code = 0;
        const uint8_t *at =
            owner == FLU_CHILD ? flu_child_page(flu, page, &code) : own_page(flu, page, &code);

        if (at)
            report_page(flu, owner, page, at);
        else
            flu_event(flu, FTL_UFFD_EVENT_KIND_SIGBUS, owner, (uint32_t)code, page, 0);
    }
}

void flu_end(struct flu *flu)
{
    flu->exec->step = FL_STEP_END;
    report_waiting(flu);
    report_entries(flu, FLU_UNKNOWN, flu->context->pagemap, 0, flu->frame.request.pages);
    if (flu->child.pid)
        report_entries(flu, FLU_CHILD, flu->child.pagemap, 0, flu->frame.request.pages);
    /* Nobody is left to ask, so that the child goes on, and then every thread. */
    flu_child_let_go(flu);
    if (!flu_settle(flu))
        return;
    close(flu->fd);
    flu->fd = -1;
    if (!flu_settle(flu))
        return;
    report_pages(flu, FLU_UNKNOWN);
    if (!flu->child.pid)
        return;
    report_pages(flu, FLU_CHILD);
    flu_exit(flu);
}
