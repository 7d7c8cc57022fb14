/* Calls whose argument, source or caller is not as it should be. */
#include <errno.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "uffd.h"

#define UNALIGNED 512u

static uint8_t *nothing_mapped(const struct flu *flu)
{
    return flu->stretch + FL_PAGE;
}

static uint8_t *map_pages(struct flu *flu, size_t bytes)
{
    uint8_t *got =
        mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    if (got != MAP_FAILED)
        return got;
    fl_fail(flu->exec, FTL_STATUS_FAULT, "no memory for an argument");
    return NULL;
}

/* The kernel may read the structure, and may not write its results to it. */
static int call_readonly(struct flu *flu, int fd, unsigned long request, const void *argument)
{
    int failed;
    int error;

    if (!flu->readonly)
        flu->readonly = map_pages(flu, FL_PAGE);
    if (!flu->readonly)
        return -1;
    memcpy(flu->readonly, argument, _IOC_SIZE(request));
    mprotect(flu->readonly, FL_PAGE, PROT_READ);
    failed = ioctl(fd, request, flu->readonly);
    error = errno;
    mprotect(flu->readonly, FL_PAGE, PROT_READ | PROT_WRITE);
    errno = error;
    return failed;
}

int flu_call(struct flu *flu, int fd, const struct ftl_uffd_step *step, unsigned long request, void *argument)
{
    switch (step->argument) {
    case FTL_UFFD_ARGUMENT_UNMAPPED:
        return ioctl(fd, request, nothing_mapped(flu));
    case FTL_UFFD_ARGUMENT_READONLY:
        return call_readonly(flu, fd, request, argument);
    default:
        return ioctl(fd, request, argument);
    }
}

uint64_t flu_spoilt_source(const struct flu *flu, const struct ftl_uffd_step *step, uint64_t sound)
{
    switch (step->source_flaw) {
    case FTL_UFFD_SOURCE_UNALIGNED:
        return sound + UNALIGNED;
    case FTL_UFFD_SOURCE_UNMAPPED:
        return (uintptr_t)nothing_mapped(flu);
    case FTL_UFFD_SOURCE_WRAP:
        return (uint64_t)0 - flu->unit;
    default:
        return sound;
    }
}

uint64_t flu_copy_source(struct flu *flu, const struct ftl_uffd_step *step)
{
    const uint8_t *fill = flu_fill(flu, (uint8_t)step->source, step->pages + 1u);
    size_t bytes = (step->pages + 1u) * flu->unit;
    bool ends = step->source_flaw == FTL_UFFD_SOURCE_ENDS;

    if (!ends && step->source_flaw != FTL_UFFD_SOURCE_UNALIGNED)
        return flu_spoilt_source(flu, step, (uintptr_t)fill);
    flu->odd_bytes = bytes + FL_PAGE;
    flu->odd_source = map_pages(flu, flu->odd_bytes);
    if (!flu->odd_source)
        return 0;
    if (ends) {
        memcpy(flu->odd_source, fill, flu->unit);
        mprotect(flu->odd_source + flu->unit, flu->odd_bytes - flu->unit, PROT_NONE);
        return (uintptr_t)flu->odd_source;
    }
    memcpy(flu->odd_source + UNALIGNED, fill, bytes);
    return (uintptr_t)flu->odd_source + UNALIGNED;
}

void flu_copy_source_done(struct flu *flu)
{
    int error = errno;

    if (flu->odd_source)
        munmap(flu->odd_source, flu->odd_bytes);
    flu->odd_source = NULL;
    errno = error;
}

static int capabilities(bool set, struct __user_cap_data_struct *data)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};

    return (int)syscall(set ? SYS_capset : SYS_capget, &header, data);
}

int flu_unprivileged_call(struct flu *flu, int fd, const struct ftl_uffd_step *step, unsigned long request,
                          void *argument)
{
    struct __user_cap_data_struct before[_LINUX_CAPABILITY_U32S_3];
    struct __user_cap_data_struct less[_LINUX_CAPABILITY_U32S_3];
    int failed;
    int error;

    if (capabilities(false, before)) {
        fl_fail(flu->exec, FTL_STATUS_FAULT, "the capabilities cannot be had: %s", strerror(errno));
        return -1;
    }
    memcpy(less, before, sizeof(less));
    less[CAP_TO_INDEX(CAP_SYS_PTRACE)].effective &= ~CAP_TO_MASK(CAP_SYS_PTRACE);
    if (capabilities(true, less)) {
        fl_fail(flu->exec, FTL_STATUS_FAULT, "CAP_SYS_PTRACE cannot be dropped: %s", strerror(errno));
        return -1;
    }
    failed = flu_call(flu, fd, step, request, argument);
    error = errno;
    if (capabilities(true, before))
        fl_fail(flu->exec, FTL_STATUS_FAULT, "CAP_SYS_PTRACE cannot be had back: %s", strerror(errno));
    errno = error;
    return failed;
}
