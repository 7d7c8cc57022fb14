/* A forked child that touches the memory, too, and the descriptor that may come with it. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "uffd.h"

/* How long a killed child may take to be gone. */
#define STUCK_NS 1000000000ull

/* Only async-signal-safe calls: the parent has threads. */
static void child_main(struct flu *flu)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    /* Else the parent could not close it. */
    close(flu->fd);
    flu_thread_main(&flu->threads[FLU_CHILD]);
    _exit(0);
}

static void wait_for(sem_t *semaphore)
{
    while (sem_wait(semaphore) && errno == EINTR)
        continue;
}

static void *forker_main(void *argument)
{
    struct flu *flu = argument;
    struct flu_child *child = &flu->child;

    for (;;) {
        wait_for(&child->go);
        if (atomic_load(&child->stop))
            return NULL;
        /* fork(3) would hold the allocator's locks until the message is read, and who reads it may need them.
         */
        child->pid = (pid_t)syscall(SYS_clone, (long)SIGCHLD, 0l, 0l, 0l, 0l);
        if (child->pid == 0)
            child_main(flu);
        child->error = errno;
        atomic_store(&child->forked, true);
    }
}

static bool forker_start(struct flu *flu)
{
    struct flu_child *child = &flu->child;

    if (child->running)
        return true;
    child->copy =
        mmap(NULL, FL_HUGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (child->copy == MAP_FAILED)
        return false;
    sem_init(&child->go, 0, 0);
    atomic_store(&child->stop, false);
    child->running = !pthread_create(&child->forker, NULL, forker_main, flu);
    if (!child->running)
        munmap(child->copy, FL_HUGE);
    return child->running;
}

void flu_forker_stop(struct flu *flu)
{
    struct flu_child *child = &flu->child;

    if (!child->running)
        return;
    atomic_store(&child->stop, true);
    sem_post(&child->go);
    pthread_join(child->forker, NULL);
    sem_destroy(&child->go);
    munmap(child->copy, FL_HUGE);
    child->running = false;
}

/* Reads what the fork waits for; true when it was the message of a fork. */
static bool hear(struct flu *flu)
{
    struct uffd_msg message;

    if (read(flu->fd, &message, sizeof(message)) != (ssize_t)sizeof(message))
        return false;
    if (message.event != UFFD_EVENT_FORK) {
        flu_report_message(flu, false, &message);
        return false;
    }
    flu->child.fd = (int)message.arg.fork.ufd;
    return true;
}

/* The fork itself, which does not return before its message is read. False when the deadline passed. */
static bool fork_and_hear(struct flu *flu, bool *told)
{
    struct flu_child *child = &flu->child;

    *told = false;
    child->forking = true;
    atomic_store(&child->forked, false);
    sem_post(&child->go);
    while (!atomic_load(&child->forked)) {
        *told |= hear(flu);
        if (fl_now_ns() > flu->deadline_ns)
            return false;
        sched_yield();
    }
    child->forking = false;
    return true;
}

static int open_proc(pid_t pid, const char *name)
{
    char path[64];

    snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
    return open(path, O_RDONLY | O_CLOEXEC);
}

/* Waits until the child listens. */
static bool meet(struct flu *flu)
{
    struct flu_thread *thread = &flu->threads[FLU_CHILD];
    struct flu_child *child = &flu->child;

    while (!atomic_load(&thread->done)) {
        if (fl_now_ns() > flu->deadline_ns)
            return false;
        sched_yield();
    }
    thread->stat = open_proc(child->pid, "stat");
    thread->wchan = open_proc(child->pid, "wchan");
    child->pagemap = open_proc(child->pid, "pagemap");
    return thread->stat >= 0 && thread->wchan >= 0 && child->pagemap >= 0;
}

/* What a page of the child's may cost is there, so that hugetlb gives no SIGBUS of its own. */
static bool enough_huge_pages(const struct flu *flu)
{
    static const char *const NAMES[] = {"free_hugepages", "resv_hugepages"};
    unsigned long counts[2] = {0, 0};

    if (flu->unit != FL_HUGE)
        return true;
    for (uint32_t i = 0; i < 2; i++) {
        char path[96];
        FILE *file;

        snprintf(path, sizeof(path), "/sys/kernel/mm/hugepages/hugepages-2048kB/%s", NAMES[i]);
        file = fopen(path, "re");
        if (!file || fscanf(file, "%lu", &counts[i]) != 1)
            counts[i] = 0;
        if (file)
            fclose(file);
    }
    return counts[0] >= counts[1] + 2ul * flu->frame.request.pages;
}

void flu_fork(struct flu *flu)
{
    struct flu_thread *thread = &flu->threads[FLU_CHILD];
    struct flu_child *child = &flu->child;
    bool told;

    if (!enough_huge_pages(flu))
        return fl_fail(flu->exec, FTL_STATUS_SKIPPED, "too few free huge pages for a forked child");
    if (!forker_start(flu))
        return fl_fail(flu->exec, FTL_STATUS_FAULT, "the thread that forks could not be started");
    flu_child_let_go(flu);
    memset(thread, 0, sizeof(*thread));
    sem_init(&thread->go, 1, 0);
    thread->stat = -1;
    thread->wchan = -1;
    thread->channel = flu_channel_open();
    child->pagemap = -1;
    if (!fork_and_hear(flu, &told))
        return fl_fail(flu->exec, FTL_STATUS_HANG, "the fork does not come back");
    if (child->pid < 0) {
        child->pid = 0;
        return fl_fail(flu->exec, FTL_STATUS_FAULT, "the fork fails: %s", strerror(child->error));
    }
    if (!meet(flu))
        return fl_fail(flu->exec, FTL_STATUS_FAULT, "the forked child cannot be met");
    flu_event(flu, FTL_UFFD_EVENT_KIND_RESULT, FLU_UNKNOWN, 0, 0, 0);
    if (told)
        flu_event(flu, FTL_UFFD_EVENT_KIND_MESSAGE, FLU_UNKNOWN, UFFD_EVENT_FORK, 0, 0);
}

static bool reap(pid_t pid, uint64_t until, int *status)
{
    for (;;) {
        pid_t got = waitpid(pid, status, WNOHANG);

        if (got == pid || (got < 0 && errno != EINTR))
            return got == pid;
        if (fl_now_ns() > until)
            return false;
        sched_yield();
    }
}

/* What there was of a child that is gone. */
static void forget(struct flu *flu)
{
    struct flu_thread *thread = &flu->threads[FLU_CHILD];

    if (thread->stat >= 0)
        close(thread->stat);
    if (thread->wchan >= 0)
        close(thread->wchan);
    if (thread->channel >= 0)
        close(thread->channel);
    if (flu->child.pagemap >= 0)
        close(flu->child.pagemap);
    sem_destroy(&thread->go);
    thread->busy = false;
    flu->child.pid = 0;
}

void flu_exit(struct flu *flu)
{
    struct flu_thread *thread = &flu->threads[FLU_CHILD];
    int status = 0;

    if (thread->busy) {
        kill(flu->child.pid, SIGKILL);
    } else {
        atomic_store(&thread->stop, true);
        sem_post(&thread->go);
    }
    if (!reap(flu->child.pid, flu->deadline_ns, &status))
        return fl_fail(flu->exec, FTL_STATUS_HANG, "the forked child does not end");
    forget(flu);
    flu_event(flu, FTL_UFFD_EVENT_KIND_ENDED, FLU_CHILD, (uint32_t)status, 0, 0);
}

static void copy_out(struct flu_thread *self)
{
    self->ok = fl_copy_guarded(self->copy_to, self->address, self->bytes, &self->code);
}

const uint8_t *flu_child_page(struct flu *flu, uint32_t page, int *code)
{
    struct flu_thread *thread = &flu->threads[FLU_CHILD];

    thread->address = flu->base + page * flu->unit;
    thread->copy_to = flu->child.copy;
    thread->bytes = flu->unit;
    flu_let(thread, copy_out);
    while (!atomic_load(&thread->done)) {
        if (fl_now_ns() > flu->deadline_ns) {
            fl_fail(flu->exec, FTL_STATUS_HANG, "the forked child does not come back from reading a page");
            return NULL;
        }
        sched_yield();
    }
    thread->busy = false;
    *code = thread->code;
    return thread->ok ? flu->child.copy : NULL;
}

void flu_child_let_go(struct flu *flu)
{
    if (flu->child.fd >= 0)
        close(flu->child.fd);
    flu->child.fd = -1;
}

bool flu_child_kill(struct flu *flu)
{
    struct flu_child *child = &flu->child;
    uint64_t until = fl_now_ns() + STUCK_NS;
    int status;

    /* Without a descriptor to read its message from, a fork comes back. */
    while (child->forking && !atomic_load(&child->forked)) {
        if (fl_now_ns() > until)
            return false;
        sched_yield();
    }
    child->forking = false;
    if (child->pid <= 0)
        return true;
    kill(child->pid, SIGKILL);
    if (!reap(child->pid, until, &status))
        return false;
    forget(flu);
    return true;
}
