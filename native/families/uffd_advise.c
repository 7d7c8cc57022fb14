/* madvise(2) on the memory under test, by one of its threads. */
#include <errno.h>
#include <sys/mman.h>

#include "uffd.h"

/* By FTL_UFFD_ADVICE; the newer ones by number, because headers may be older than the kernel. */
static const int ADVICE[FTL_UFFD_ADVICE_COUNT] = {
    [FTL_UFFD_ADVICE_DONTNEED] = MADV_DONTNEED,
    [FTL_UFFD_ADVICE_REMOVE] = MADV_REMOVE,
    [FTL_UFFD_ADVICE_FREE] = MADV_FREE,
    [FTL_UFFD_ADVICE_COLLAPSE] = 25,
    [FTL_UFFD_ADVICE_PAGEOUT] = 21,
    [FTL_UFFD_ADVICE_POPULATE_READ] = 22,
    [FTL_UFFD_ADVICE_POPULATE_WRITE] = 23,
};

static void advise(struct flu_thread *self)
{
    self->error = madvise(self->address, self->bytes, self->advice) ? errno : 0;
}

void flu_advise(struct flu *flu, const struct ftl_uffd_step *step)
{
    struct uffdio_range range = flu_range(flu, step);
    struct flu_thread *thread = flu_free_thread(flu, step);

    if (!thread)
        return;
    thread->address = (uint8_t *)(uintptr_t)range.start;
    thread->bytes = range.len;
    thread->advice = ADVICE[step->advice];
    thread->tells = step->advice <= FTL_UFFD_ADVICE_FREE;
    flu_let(thread, advise);
}
