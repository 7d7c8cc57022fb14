/* The thread that serves userfaultfd messages by script, and the registrations it serves. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "context.h"

#define NO_ANSWER 0xffu
#define WANTED_FEATURES                                                                             \
    (UFFD_FEATURE_PAGEFAULT_FLAG_WP | UFFD_FEATURE_MISSING_HUGETLBFS | UFFD_FEATURE_MISSING_SHMEM | \
     UFFD_FEATURE_THREAD_ID | UFFD_FEATURE_MINOR_HUGETLBFS | UFFD_FEATURE_MINOR_SHMEM |             \
     UFFD_FEATURE_WP_HUGETLBFS_SHMEM | UFFD_FEATURE_POISON)

static int open_uffd(void)
{
    int fd = (int)syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);

    if (fd < 0 && errno == EPERM) {
        int device = open("/dev/userfaultfd", O_RDWR | O_CLOEXEC);

        if (device < 0)
            return -1;
        fd = ioctl(device, USERFAULTFD_IOC_NEW, O_CLOEXEC | O_NONBLOCK);
        close(device);
    }
    return fd;
}

bool fl_uffd_probe(struct faultline *context)
{
    struct uffdio_api api = {.api = UFFD_API};
    int fd = open_uffd();

    context->uffd.fd = -1;
    context->uffd.wake_fd = -1;
    if (fd < 0 || ioctl(fd, UFFDIO_API, &api)) {
        context->uffd_errno = errno;
        if (fd >= 0)
            close(fd);
        return false;
    }
    close(fd);
    context->uffd_features = api.features;
    return true;
}

static int answer_missing(struct fl_uffd *uffd, const struct fl_uffd_region *region, uint64_t start,
                          uint8_t answer, const void *source)
{
    struct uffdio_copy copy = {.dst = start,
                               .src = (uintptr_t)source,
                               .len = region->unit,
                               .mode = answer == FTL_MISSING_ANSWER_COPY_WP ? UFFDIO_COPY_MODE_WP : 0};
    struct uffdio_zeropage zero = {.range = {.start = start, .len = region->unit}};
    struct uffdio_poison poison = {.range = {.start = start, .len = region->unit}};

    switch (answer) {
    case FTL_MISSING_ANSWER_COPY:
    case FTL_MISSING_ANSWER_COPY_WP:
        return ioctl(uffd->fd, UFFDIO_COPY, &copy) ? errno : 0;
    case FTL_MISSING_ANSWER_ZEROPAGE:
        return ioctl(uffd->fd, UFFDIO_ZEROPAGE, &zero) ? errno : 0;
    default:
        return ioctl(uffd->fd, UFFDIO_POISON, &poison) ? errno : 0;
    }
}

/* What a COPY brings: the fill with tag `copy`, for pt its initial content; zeroes beyond the mapped pages.
 */
static const uint8_t *copy_source(struct fl_uffd *uffd, uint32_t number, uint64_t start)
{
    const struct fl_exec *exec = uffd->exec;
    const struct fl_uffd_region *region = &uffd->regions[number];
    uint32_t first = (uint32_t)((start - (uintptr_t)region->hva) / FL_PAGE);
    uint32_t pages = exec->vm->regions[number].shape.pages;

    for (uint32_t i = 0; i < region->unit / FL_PAGE; i++) {
        uint8_t *to = uffd->copy_buffer + i * FL_PAGE;

        if (first + i >= pages)
            memset(to, 0, FL_PAGE);
        else if (number == FTL_REGION_PT)
            memcpy(to, exec->vm->pt_image + (first + i) * FL_PAGE, FL_PAGE);
        else
            memcpy(to, fl_fill_page(exec->context, FTL_FILL_TAG_COPY, number, first + i), FL_PAGE);
    }
    return uffd->copy_buffer;
}

static int set_protection(const struct fl_uffd *uffd, uint64_t start, uint64_t bytes, bool on)
{
    struct uffdio_writeprotect protect = {.range = {.start = start, .len = bytes},
                                          .mode = on ? UFFDIO_WRITEPROTECT_MODE_WP : 0};

    return ioctl(uffd->fd, UFFDIO_WRITEPROTECT, &protect) ? errno : 0;
}

/* Answers one message by script; gives the answer's number in its enumeration and the errno. */
static uint8_t answer(struct fl_uffd *uffd, uint32_t number, uint64_t address, uint64_t flags, int *error)
{
    struct fl_uffd_region *region = &uffd->regions[number];
    const struct fl_answers *script = &region->answers;
    uint64_t start = address & ~(uint64_t)(region->unit - 1);
    uint64_t page = (address - (uintptr_t)region->hva) / FL_PAGE;
    uint8_t choice;

    *error = 0;
    if (flags & UFFD_PAGEFAULT_FLAG_WP) {
        if (script->wp == FTL_WP_ANSWER_NONE)
            return NO_ANSWER;
        *error = set_protection(uffd, start, region->unit, false);
        return script->wp;
    }
    if (flags & UFFD_PAGEFAULT_FLAG_MINOR) {
        struct uffdio_continue proceed = {.range = {.start = start, .len = region->unit}};

        if (script->minor == FTL_MINOR_ANSWER_NONE)
            return NO_ANSWER;
        *error = ioctl(uffd->fd, UFFDIO_CONTINUE, &proceed) ? errno : 0;
        return script->minor;
    }
    choice = script->missing_count ? script->missing[page % script->missing_count] : FTL_MISSING_ANSWER_COPY;
    if (choice == FTL_MISSING_ANSWER_NONE)
        return NO_ANSWER;
    *error = answer_missing(uffd, region, start, choice, copy_source(uffd, number, start));
    return choice;
}

void fl_uffd_wake(const struct fl_uffd *uffd, const struct fl_uffd_region *region)
{
    struct uffdio_range range = {.start = (uintptr_t)region->hva, .len = region->bytes};

    ioctl(uffd->fd, UFFDIO_WAKE, &range);
}

static uint8_t faulting_vcpu(struct fl_uffd *uffd, uint32_t tid)
{
    if (atomic_load(&uffd->host_step))
        return FL_HOST;
    for (uint8_t cpu = 0; cpu < FL_VCPUS; cpu++) {
        if (uffd->vcpu_tids[cpu] && (uint32_t)uffd->vcpu_tids[cpu] == tid)
            return cpu;
    }
    return FL_HOST;
}

static void delay(uint32_t microseconds)
{
    struct timespec time = {.tv_nsec = (long)microseconds * 1000};

    if (microseconds)
        nanosleep(&time, NULL);
}

/* With the lock held, so that whoever the answer wakes finds the event in the list. */
static void serve(struct fl_uffd *uffd, const struct uffd_msg *message)
{
    uint64_t address = message->arg.pagefault.address;
    uint64_t flags = message->arg.pagefault.flags;

    for (uint32_t number = FTL_REGION_PT; number < FL_SLOTS; number++) {
        struct fl_uffd_region *region = &uffd->regions[number];
        uint64_t base = (uintptr_t)region->hva;
        uint8_t vcpu;
        uint8_t given;
        int error;

        if (!region->registered || address < base || address - base >= region->bytes)
            continue;
        vcpu = faulting_vcpu(uffd, message->arg.pagefault.feat.ptid);
        delay(region->answers.delay_us);
        given = answer(uffd, number, address, flags, &error);
        if (!error)
            region->refused_address = 0;
        /*
         * Somebody was faster, which is an answer too; the kernel does not wake the sleeper then. Where the
         * same page is refused again nobody was: UFFDIO_POISON does not replace a write-protection marker.
         */
        if (error == EEXIST && region->refused_address != address) {
            region->refused_address = address;
            fl_uffd_wake(uffd, region);
        } else if ((given == NO_ANSWER || error) && !region->unanswered_since_ns) {
            region->unanswered_since_ns = fl_now_ns();
            region->waiter = (pid_t)message->arg.pagefault.feat.ptid;
        }
        fl_event(&uffd->events, uffd->exec->step, FTL_EVENT_UFFD, vcpu,
                 number | (uint32_t)((address - base) / FL_PAGE) << 8 | (uint32_t)(flags & 7) << 24, given,
                 (uint64_t)error, 0);
        return;
    }
}

int fl_uffd_let_go(struct fl_uffd *uffd, struct fl_uffd_region *region)
{
    struct uffdio_range range = {.start = (uintptr_t)region->hva, .len = region->bytes};

    region->registered = false;
    region->unanswered_since_ns = 0;
    region->withdrawn_at_ns = 0;
    return ioctl(uffd->fd, UFFDIO_UNREGISTER, &range) ? errno : 0;
}

static void *serve_main(void *argument)
{
    struct fl_uffd *uffd = argument;
    struct pollfd fds[2] = {{.fd = uffd->fd, .events = POLLIN}, {.fd = uffd->wake_fd, .events = POLLIN}};
    sigset_t all;
    int wait = -1;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, NULL);
    while (!atomic_load(&uffd->stop)) {
        struct uffd_msg message;

        poll(fds, 2, wait);
        pthread_mutex_lock(&uffd->lock);
        while (read(uffd->fd, &message, sizeof(message)) == (ssize_t)sizeof(message)) {
            if (message.event == UFFD_EVENT_PAGEFAULT)
                serve(uffd, &message);
        }
        wait = fl_uffd_withdraw_overdue(uffd);
        pthread_mutex_unlock(&uffd->lock);
    }
    return NULL;
}

int fl_uffd_start(struct fl_exec *exec)
{
    struct fl_uffd *uffd = &exec->context->uffd;
    struct uffdio_api api = {.api = UFFD_API, .features = WANTED_FEATURES & exec->context->uffd_features};

    if (uffd->thread_running)
        return 0;
    uffd->fd = open_uffd();
    if (uffd->fd < 0)
        return errno;
    if (ioctl(uffd->fd, UFFDIO_API, &api))
        return errno;
    uffd->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    uffd->copy_buffer = aligned_alloc(FL_PAGE, FL_HUGE);
    if (uffd->wake_fd < 0 || !uffd->copy_buffer)
        return ENOMEM;
    if (pthread_create(&uffd->thread, NULL, serve_main, uffd))
        return EAGAIN;
    uffd->thread_running = true;
    return 0;
}

/* Write-protection and poison leave marks that rewriting the pages does not remove. */
static bool taints(const struct fl_answers *answers)
{
    bool taint = answers->modes & (uint8_t)~FTL_UFFD_MODE_MISSING;

    for (uint32_t i = 0; i < answers->missing_count; i++)
        taint |= answers->missing[i] == FTL_MISSING_ANSWER_POISON;
    return taint;
}

int fl_uffd_register(struct fl_exec *exec, uint32_t number, const struct fl_answers *answers)
{
    struct fl_uffd *uffd = &exec->context->uffd;
    struct fl_uffd_region *region = &uffd->regions[number];
    struct fl_region *memory = &exec->vm->regions[number];
    struct uffdio_register request = {.range = {.start = (uintptr_t)memory->hva, .len = memory->bytes},
                                      .mode = answers->modes & 1 ? UFFDIO_REGISTER_MODE_MISSING : 0};
    int error = fl_uffd_start(exec);

    if (error)
        return error;
    request.mode |= answers->modes & FTL_UFFD_MODE_MINOR ? UFFDIO_REGISTER_MODE_MINOR : 0;
    request.mode |= answers->modes & FTL_UFFD_MODE_WP ? UFFDIO_REGISTER_MODE_WP : 0;
    memory->tainted |= taints(answers);
    pthread_mutex_lock(&uffd->lock);
    error = ioctl(uffd->fd, UFFDIO_REGISTER, &request) ? errno : 0;
    if (!error)
        *region = (struct fl_uffd_region){.hva = memory->hva,
                                          .bytes = memory->bytes,
                                          .unit = fl_is_hugetlb(memory->shape.backing) ? FL_HUGE : FL_PAGE,
                                          .registered = true,
                                          .answers = *answers};
    pthread_mutex_unlock(&uffd->lock);
    return error;
}

int fl_uffd_unregister(struct faultline *context, uint32_t number)
{
    struct fl_uffd *uffd = &context->uffd;
    int error;

    pthread_mutex_lock(&uffd->lock);
    error = uffd->regions[number].registered ? fl_uffd_let_go(uffd, &uffd->regions[number])
                                             : (int)FL_DRIVER_EINVAL;
    pthread_mutex_unlock(&uffd->lock);
    return error;
}

int fl_uffd_protect(struct faultline *context, uint32_t number, uint64_t start, uint64_t bytes, bool on)
{
    struct fl_uffd *uffd = &context->uffd;
    const struct fl_uffd_region *region = &uffd->regions[number];

    if (!region->registered || !(region->answers.modes & FTL_UFFD_MODE_WP))
        return (int)FL_DRIVER_EINVAL;
    return set_protection(uffd, start, bytes, on);
}

void fl_uffd_set_answers(struct fl_exec *exec, uint32_t number, const struct fl_answers *answers)
{
    struct fl_uffd *uffd = &exec->context->uffd;
    struct fl_answers *current = &uffd->regions[number].answers;
    uint8_t modes;

    exec->vm->regions[number].tainted |= taints(answers);
    pthread_mutex_lock(&uffd->lock);
    modes = current->modes;
    *current = *answers;
    current->modes = modes;
    pthread_mutex_unlock(&uffd->lock);
}

void fl_uffd_drain(struct fl_exec *exec, struct fl_events *into)
{
    struct fl_uffd *uffd = &exec->context->uffd;

    if (!uffd->thread_running)
        return;
    pthread_mutex_lock(&uffd->lock);
    fl_events_append(into, &uffd->events);
    for (uint32_t number = FTL_REGION_PT; number < FL_SLOTS; number++)
        uffd->regions[number].withdrawn_at_ns = 0;
    pthread_mutex_unlock(&uffd->lock);
}

void fl_uffd_unregister_all(struct faultline *context)
{
    struct fl_uffd *uffd = &context->uffd;

    if (!uffd->thread_running)
        return;
    pthread_mutex_lock(&uffd->lock);
    for (uint32_t number = FTL_REGION_PT; number < FL_SLOTS; number++) {
        if (uffd->regions[number].registered)
            fl_uffd_let_go(uffd, &uffd->regions[number]);
    }
    pthread_mutex_unlock(&uffd->lock);
}

void fl_uffd_close(struct faultline *context)
{
    struct fl_uffd *uffd = &context->uffd;

    if (uffd->thread_running) {
        atomic_store(&uffd->stop, true);
        eventfd_write(uffd->wake_fd, 1);
        pthread_join(uffd->thread, NULL);
    }
    if (uffd->fd >= 0)
        close(uffd->fd);
    if (uffd->wake_fd >= 0)
        close(uffd->wake_fd);
    free(uffd->copy_buffer);
    fl_events_free(&uffd->events);
}
