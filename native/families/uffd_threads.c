/* The threads that touch memory, and how one knows that they have come to rest. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "uffd.h"

#define MAX_MESSAGES 64

void flu_touch(struct flu_thread *self)
{
    self->ok = self->write ? fl_write_word(self->address, self->value, &self->code)
                           : fl_read_word(self->address, &self->value, &self->code);
}

void flu_thread_main(struct flu_thread *self)
{
    self->tid = (pid_t)syscall(SYS_gettid);
    atomic_store(&self->done, true);
    for (;;) {
        while (sem_wait(&self->go) && errno == EINTR)
            continue;
        if (atomic_load(&self->stop))
            return;
        atomic_store(&self->started, true);
        self->work(self);
        atomic_store(&self->done, true);
    }
}

static void *thread_main(void *argument)
{
    flu_thread_main(argument);
    return NULL;
}

static bool start(struct flu_thread *thread)
{
    char path[64];

    sem_init(&thread->go, 0, 0);
    atomic_store(&thread->stop, false);
    atomic_store(&thread->done, false);
    if (pthread_create(&thread->thread, NULL, thread_main, thread))
        return false;
    thread->running = true;
    while (!atomic_load(&thread->done))
        sched_yield();
    snprintf(path, sizeof(path), "/proc/self/task/%d/stat", thread->tid);
    thread->stat = open(path, O_RDONLY | O_CLOEXEC);
    snprintf(path, sizeof(path), "/proc/self/task/%d/wchan", thread->tid);
    thread->wchan = open(path, O_RDONLY | O_CLOEXEC);
    thread->channel = flu_channel_open();
    return thread->stat >= 0 && thread->wchan >= 0 && thread->channel >= 0;
}

bool flu_threads_start(struct flu *flu)
{
    for (uint32_t i = 0; i < FTL_UFFD_THREADS; i++) {
        if (!flu->threads[i].running && !start(&flu->threads[i]))
            return false;
    }
    return true;
}

void flu_threads_stop(struct flu *flu)
{
    for (uint32_t i = 0; i < FTL_UFFD_THREADS; i++) {
        struct flu_thread *thread = &flu->threads[i];

        if (!thread->running)
            continue;
        atomic_store(&thread->stop, true);
        sem_post(&thread->go);
        pthread_join(thread->thread, NULL);
        close(thread->stat);
        close(thread->wchan);
        close(thread->channel);
        sem_destroy(&thread->go);
        thread->running = false;
    }
}

struct flu_thread *flu_free_thread(struct flu *flu, const struct ftl_uffd_step *step)
{
    struct flu_thread *thread = &flu->threads[step->thread];

    if (!thread->busy)
        return thread;
    flu_event(flu, FTL_UFFD_EVENT_KIND_WAITS, step->thread, 0, 0, 0);
    return NULL;
}

void flu_let(struct flu_thread *thread, void (*work)(struct flu_thread *self))
{
    thread->work = work;
    thread->busy = true;
    atomic_store(&thread->started, false);
    atomic_store(&thread->done, false);
    sem_post(&thread->go);
}

void flu_access(struct flu *flu, const struct ftl_uffd_step *step)
{
    struct flu_thread *thread = flu_free_thread(flu, step);

    if (!thread)
        return;
    thread->address = flu->base + step->page * flu->unit + step->word * 8u;
    thread->write = step->kind == FTL_UFFD_STEP_KIND_WRITE || step->kind == FTL_UFFD_STEP_KIND_KERNEL_WRITE;
    thread->value = step->value;
    thread->tells = false;
    flu_let(thread, step->kind <= FTL_UFFD_STEP_KIND_WRITE ? flu_touch : flu_touch_by_kernel);
}

/* The state letter follows the name in parentheses, which may hold anything. */
static char state_of(const struct flu_thread *thread)
{
    char text[256];
    ssize_t got = pread(thread->stat, text, sizeof(text) - 1, 0);
    const char *end;

    if (got <= 0)
        return '?';
    text[got] = 0;
    end = strrchr(text, ')');
    return end && end[1] ? end[2] : '?';
}

/* Where in the kernel a thread sleeps, as the kernel's function; "0" where it runs or the kernel does not
 * tell. */
static bool sleeps_in(const struct flu_thread *thread, const char *function)
{
    char text[64];
    ssize_t got = pread(thread->wchan, text, sizeof(text) - 1, 0);

    text[got > 0 ? got : 0] = 0;
    return strcmp(text, function) == 0;
}

/*
 * A thread whose access waits for an answer sleeps interruptibly, and nothing else makes it; one that faults
 * inside a call sleeps as others do that wait for a lock. Who is woken is runnable before the call that woke
 * it returns.
 */
static bool at_rest(const struct flu *flu, const struct flu_thread *thread)
{
    char state;

    if (!thread->busy || thread == flu->held || atomic_load(&thread->done))
        return true;
    if (!atomic_load(&thread->started))
        return false;
    state = state_of(thread);
    return (state == 'S' || (state == 'D' && sleeps_in(thread, "handle_userfault"))) &&
           !atomic_load(&thread->done);
}

static int by_place(const void *left, const void *right)
{
    const struct ftl_event *a = left;
    const struct ftl_event *b = right;

    if (a->a != b->a)
        return a->a < b->a ? -1 : 1;
    if (a->b != b->b)
        return a->b < b->b ? -1 : 1;
    return (int)a->vcpu - (int)b->vcpu;
}

/* Among those whose faults go to the descriptor that the message came from. */
static uint8_t thread_of(const struct flu *flu, bool child, uint32_t tid)
{
    for (uint8_t i = child ? FLU_CHILD : 0; i < (child ? FLU_TOUCHES : FTL_UFFD_THREADS); i++) {
        if ((uint32_t)flu->threads[i].tid == tid)
            return i;
    }
    return FLU_UNKNOWN;
}

void flu_report_message(struct flu *flu, bool from_child, const struct uffd_msg *message)
{
    uintptr_t base = (uintptr_t)flu->base;

    if (message->event == UFFD_EVENT_REMOVE)
        return flu_event(flu, FTL_UFFD_EVENT_KIND_NOTICE, FLU_UNKNOWN, message->event,
                         message->arg.remove.start - base, message->arg.remove.end - base);
    flu_event(flu, FTL_UFFD_EVENT_KIND_MESSAGE, thread_of(flu, from_child, message->arg.pagefault.feat.ptid),
              message->event, message->arg.pagefault.address - base, message->arg.pagefault.flags);
}

static void drain(struct flu *flu, int fd, bool from_child)
{
    struct uffd_msg message;

    for (uint32_t i = 0; fd >= 0 && i < MAX_MESSAGES; i++) {
        if (read(fd, &message, sizeof(message)) != (ssize_t)sizeof(message))
            break;
        flu_report_message(flu, from_child, &message);
    }
}

/* The messages that wait to be read. */
static void report_messages(struct flu *flu)
{
    drain(flu, flu->fd, false);
    drain(flu, flu->child.fd, true);
}

static void report_done(struct flu *flu)
{
    for (uint8_t i = 0; i < FLU_TOUCHES; i++) {
        struct flu_thread *thread = &flu->threads[i];
        uint64_t flip = flu->frame.request.plant == FTL_PLANT_FLIP_READ_VALUE && !thread->write;

        if (!thread->busy || !atomic_load(&thread->done))
            continue;
        thread->busy = false;
        if (thread->work == flu_touch_by_kernel ? !thread->ok : thread->work != flu_touch)
            flu_event(flu, FTL_UFFD_EVENT_KIND_RETURNED, i, (uint32_t)thread->error, 0, 0);
        else if (thread->ok)
            flu_event(flu, FTL_UFFD_EVENT_KIND_DONE, i, 0, thread->value ^ flip, 0);
        else
            flu_event(flu, FTL_UFFD_EVENT_KIND_SIGBUS, i, (uint32_t)thread->code, 0, 0);
    }
}

/* Waits until every thread is at rest; who waits until its event is read is let go. */
static bool come_to_rest(struct flu *flu)
{
    for (;;) {
        bool rest = true;
        bool tells = false;

        for (uint32_t i = 0; i < FLU_TOUCHES; i++) {
            const struct flu_thread *thread = &flu->threads[i];

            if (at_rest(flu, thread))
                continue;
            rest = false;
            tells |= thread->tells;
        }
        if (rest)
            return true;
        if (fl_now_ns() > flu->deadline_ns)
            return false;
        if (tells)
            report_messages(flu);
        sched_yield();
    }
}

bool flu_settle(struct flu *flu)
{
    struct fl_events *out = &flu->exec->out;
    uint32_t first = out->count;

    if (!come_to_rest(flu))
        return false;
    if (flu->held) {
        flu->held = NULL;
        if (!come_to_rest(flu))
            return false;
    }
    report_messages(flu);
    /* By address, flags and thread: the kernel's order is a matter of luck. */
    if (out->count > first)
        qsort(out->items + first, out->count - first, sizeof(*out->items), by_place);
    report_done(flu);
    return true;
}

bool flu_settle_held(struct flu *flu, struct flu_thread *thread)
{
    struct pollfd event = {.fd = flu->fd, .events = POLLIN};

    while (thread->busy && !atomic_load(&thread->done) && poll(&event, 1, 0) != 1) {
        if (fl_now_ns() > flu->deadline_ns)
            return false;
        sched_yield();
    }
    if (thread->busy && !atomic_load(&thread->done))
        flu->held = thread;
    report_done(flu);
    return true;
}
