/* The calls on a userfaultfd. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "uffd.h"

/* What the kernel leaves where it writes no result. */
#define UNTOUCHED 0x7777u

int flu_open(const struct ftl_uffd_request *request)
{
    int only = request->open == FTL_UFFD_OPEN_USER_MODE_ONLY ? UFFD_USER_MODE_ONLY : 0;
    int device;
    int fd;

    if (request->open != FTL_UFFD_OPEN_DEVICE)
        return (int)syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK | only);
    device = open("/dev/userfaultfd", O_RDWR | O_CLOEXEC);
    if (device < 0)
        return -1;
    fd = ioctl(device, USERFAULTFD_IOC_NEW, O_CLOEXEC | O_NONBLOCK);
    close(device);
    return fd;
}

static void result(struct flu *flu, int failed, uint64_t a, uint64_t b)
{
    flu_event(flu, FTL_UFFD_EVENT_KIND_RESULT, FLU_UNKNOWN, failed ? (uint32_t)errno : 0, a, b);
}

/* -1 where no message brought the child's. */
static int descriptor_of(const struct flu *flu, const struct ftl_uffd_step *step)
{
    return step->descriptor == FTL_UFFD_DESCRIPTOR_CHILD ? flu->child.fd : flu->fd;
}

struct uffdio_range flu_range(const struct flu *flu, const struct ftl_uffd_step *step)
{
    struct uffdio_range range = {.start = (uintptr_t)flu->base + step->page * flu->unit,
                                 .len = step->pages * flu->unit};

    switch (step->flaw) {
    case FTL_UFFD_FLAW_UNALIGNED_START:
        range.start += 512;
        break;
    case FTL_UFFD_FLAW_UNALIGNED_LENGTH:
        range.len += 512;
        break;
    case FTL_UFFD_FLAW_EMPTY:
        range.len = 0;
        break;
    case FTL_UFFD_FLAW_BEYOND:
        range.len += flu->unit;
        break;
    case FTL_UFFD_FLAW_OUTSIDE:
        range.start = (uintptr_t)flu->base + flu->bytes + (step->page + 1) * flu->unit;
        break;
    case FTL_UFFD_FLAW_WRAP:
        range.len = (uint64_t)0 - flu->unit;
        break;
    case FTL_UFFD_FLAW_HIGH:
        range.start = 1ull << 63;
        break;
    case FTL_UFFD_FLAW_SMALL_START:
        range.start += FL_PAGE;
        break;
    case FTL_UFFD_FLAW_SMALL_LENGTH:
        range.len += FL_PAGE;
        break;
    default:
        break;
    }
    return range;
}

static void do_register(struct flu *flu, const struct ftl_uffd_step *step)
{
    struct uffdio_register call = {.range = flu_range(flu, step), .mode = step->mode, .ioctls = UNTOUCHED};
    int failed = flu_call(flu, descriptor_of(flu, step), step, UFFDIO_REGISTER, &call);

    result(flu, failed, call.ioctls, 0);
}

static void do_copy(struct flu *flu, const struct ftl_uffd_step *step)
{
    struct uffdio_range range = flu_range(flu, step);
    struct uffdio_copy call = {.dst = range.start,
                               .src = flu_copy_source(flu, step),
                               .len = range.len,
                               .mode = step->mode,
                               .copy = UNTOUCHED};
    int failed = flu_call(flu, descriptor_of(flu, step), step, UFFDIO_COPY, &call);

    flu_copy_source_done(flu);
    result(flu, failed, (uint64_t)call.copy, 0);
}

static void do_zeropage(struct flu *flu, const struct ftl_uffd_step *step)
{
    struct uffdio_zeropage call = {.range = flu_range(flu, step), .mode = step->mode, .zeropage = UNTOUCHED};
    int failed = flu_call(flu, descriptor_of(flu, step), step, UFFDIO_ZEROPAGE, &call);

    result(flu, failed, (uint64_t)call.zeropage, 0);
}

static void do_writeprotect(struct flu *flu, const struct ftl_uffd_step *step)
{
    struct uffdio_writeprotect call = {.range = flu_range(flu, step), .mode = step->mode};
    int failed = flu_call(flu, descriptor_of(flu, step), step, UFFDIO_WRITEPROTECT, &call);

    result(flu, failed, 0, 0);
}

static void do_continue(struct flu *flu, const struct ftl_uffd_step *step)
{
    struct uffdio_continue call = {.range = flu_range(flu, step), .mode = step->mode, .mapped = UNTOUCHED};
    int failed = flu_call(flu, descriptor_of(flu, step), step, UFFDIO_CONTINUE, &call);

    result(flu, failed, (uint64_t)call.mapped, 0);
}

static void do_poison(struct flu *flu, const struct ftl_uffd_step *step)
{
    struct uffdio_poison call = {.range = flu_range(flu, step), .mode = step->mode, .updated = UNTOUCHED};
    int failed = flu_call(flu, descriptor_of(flu, step), step, UFFDIO_POISON, &call);

    result(flu, failed, (uint64_t)call.updated, 0);
}

static void do_move(struct flu *flu, const struct ftl_uffd_step *step)
{
    struct uffdio_range range = flu_range(flu, step);
    uint64_t source = (uintptr_t)flu->base + step->source * flu->unit;
    struct fl_uffdio_move call = {.dst = range.start,
                                  .src = flu_spoilt_source(flu, step, source),
                                  .len = range.len,
                                  .mode = step->mode,
                                  .move = UNTOUCHED};
    int failed = flu_call(flu, descriptor_of(flu, step), step, FL_UFFDIO_MOVE, &call);

    result(flu, failed, (uint64_t)call.move, 0);
}

static void do_range(struct flu *flu, const struct ftl_uffd_step *step, unsigned long request)
{
    struct uffdio_range call = flu_range(flu, step);
    int failed = flu_call(flu, descriptor_of(flu, step), step, request, &call);

    result(flu, failed, 0, 0);
}

void flu_ioctl(struct flu *flu, const struct ftl_uffd_step *step)
{
    switch (step->ioctl) {
    case FTL_UFFD_IOCTL_REGISTER:
        return do_register(flu, step);
    case FTL_UFFD_IOCTL_UNREGISTER:
        return do_range(flu, step, UFFDIO_UNREGISTER);
    case FTL_UFFD_IOCTL_WAKE:
        return do_range(flu, step, UFFDIO_WAKE);
    case FTL_UFFD_IOCTL_COPY:
        return do_copy(flu, step);
    case FTL_UFFD_IOCTL_ZEROPAGE:
        return do_zeropage(flu, step);
    case FTL_UFFD_IOCTL_MOVE:
        return do_move(flu, step);
    case FTL_UFFD_IOCTL_WRITEPROTECT:
        return do_writeprotect(flu, step);
    case FTL_UFFD_IOCTL_CONTINUE:
        return do_continue(flu, step);
    default:
        return do_poison(flu, step);
    }
}

static void shake(struct flu *flu, int fd, const struct ftl_uffd_step *step)
{
    struct uffdio_api api = {.api = step->value, .features = step->mode, .ioctls = UNTOUCHED};
    bool less = step->kind == FTL_UFFD_STEP_KIND_API_UNPRIVILEGED;
    int failed = (less ? flu_unprivileged_call : flu_call)(flu, fd, step, UFFDIO_API, &api);

    result(flu, failed, api.features, api.ioctls);
}

void flu_api(struct flu *flu, const struct ftl_uffd_step *step)
{
    int fd;

    if (step->kind == FTL_UFFD_STEP_KIND_API)
        return shake(flu, flu->fd, step);
    fd = flu_open(&flu->frame.request);
    if (fd < 0)
        return fl_fail(flu->exec, FTL_STATUS_FAULT, "another userfaultfd cannot be had: %s", strerror(errno));
    shake(flu, fd, step);
    close(fd);
}

bool flu_handshake(struct flu *flu)
{
    const struct ftl_uffd_request *request = &flu->frame.request;
    struct uffdio_api api = {.api = UFFD_API, .features = request->features};

    flu->fd = flu_open(request);
    if (flu->fd < 0)
        fl_fail(flu->exec, FTL_STATUS_SKIPPED, "no userfaultfd from %s: %s",
                request->open == FTL_UFFD_OPEN_DEVICE ? "/dev/userfaultfd" : "the system call",
                strerror(errno));
    else if (ioctl(flu->fd, UFFDIO_API, &api))
        fl_fail(flu->exec, FTL_STATUS_SKIPPED, "the features 0x%llx cannot be had: %s",
                (unsigned long long)request->features, strerror(errno));
    return flu->exec->status == FTL_STATUS_OK;
}
