/* The process that stays when the driver's process dies. */
#include "live.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "faultline_blackbox.h"
#include "faultline_wire.generated.h"
#include "serve.h"

/* A driver that has lost the other side may take this long to notice. */
#define GRACE_MS 10000
#define POLL_MS  500

/* Both are shared with the child, and outlive it. */
struct memory {
    struct fla_shared *shared;
    const struct ftl_blackbox *box;
};

static void *map_shared(int fd, size_t bytes)
{
    int flags = fd < 0 ? MAP_SHARED | MAP_ANONYMOUS : MAP_SHARED;
    void *at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, flags, fd, 0);

    return at == MAP_FAILED ? NULL : at;
}

static bool make_memory(struct memory *memory)
{
    int fd = memfd_create("blackbox", MFD_CLOEXEC);

    if (fd < 0 || ftruncate(fd, FTL_BLACKBOX_BYTES))
        return false;
    memory->shared = map_shared(-1, sizeof(*memory->shared));
    memory->box = map_shared(fd, FTL_BLACKBOX_BYTES);
    if (!memory->shared || !memory->box)
        return false;
    memory->shared->blackbox = fd;
    return true;
}

/* Fills in what the driver was executing, if it was. */
static void find_flight(const struct ftl_blackbox *box, struct fla_trouble *trouble)
{
    size_t id_at = FTL_BLACKBOX_REQUEST_OFFSET + offsetof(struct ftl_head, id);

    if (box->magic != FTL_BLACKBOX_MAGIC || box->state != FTL_BLACKBOX_RUNNING)
        return;
    trouble->in_flight = 1;
    trouble->step = box->step;
    memcpy(&trouble->id, (const uint8_t *)box + id_at, sizeof(trouble->id));
}

static int report_death(const struct fla_stream *stream, const struct memory *memory, int signal)
{
    struct fla_trouble trouble = {.reason = FLA_TROUBLE_DEATH};
    char sentence[FLA_MAX_SENTENCE];

    find_flight(memory->box, &trouble);
    snprintf(sentence, sizeof(sentence), "the agent died of signal %d (%s)", signal, strsignal(signal));
    fprintf(stderr, "faultline-agent: %s\n", sentence);
    fla_complain(stream, memory->shared->number, &trouble, sentence);
    return 1;
}

/* Waits for the child, whose end closes `alive`. A stream that hangs up leaves it some time. */
static int wait_for(pid_t child, int alive, int stream, bool ends)
{
    struct pollfd waits[] = {{.fd = alive, .events = POLLIN}, {.fd = ends ? stream : -1, .events = 0}};
    int left_ms = GRACE_MS;
    int status = 0;

    for (;;) {
        int ready = poll(waits, 2, POLL_MS);

        if (ready > 0 && waits[0].revents)
            break;
        if (ready > 0 && waits[1].revents)
            waits[1].fd = -1; /* which poll passes over */
        if (ready == 0 && ends && waits[1].fd < 0)
            left_ms -= POLL_MS;
        if (left_ms <= 0)
            kill(child, SIGKILL);
    }
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    return status;
}

static int live_as_child(const struct fla_stream *stream, const struct memory *memory, pid_t parent)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL, 0ul, 0ul, 0ul);
    if (getppid() != parent)
        return 1;
    return fla_serve(stream, memory->shared);
}

int fla_live(const struct fla_stream *stream, bool ends)
{
    struct memory memory = {NULL, NULL};
    pid_t parent = getpid();
    pid_t child = -1;
    int alive[2];
    int status;

    /* A reader that is gone is noticed by the write that fails. */
    signal(SIGPIPE, SIG_IGN);
    if (!pipe(alive) && make_memory(&memory))
        child = fork();
    if (child < 0) {
        fla_complain(stream, 0, &(struct fla_trouble){.reason = FLA_TROUBLE_START}, strerror(errno));
        return 1;
    }
    if (child == 0) {
        close(alive[0]);
        exit(live_as_child(stream, &memory, parent));
    }
    close(alive[1]);
    status = wait_for(child, alive[0], stream->in, ends);
    close(alive[0]);
    return WIFSIGNALED(status) ? report_death(stream, &memory, WTERMSIG(status)) : WEXITSTATUS(status);
}
