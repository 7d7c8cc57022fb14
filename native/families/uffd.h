/* The parts of the uffd family: userfaultfd itself, without a guest. */
#ifndef FL_FAMILY_UFFD_H
#define FL_FAMILY_UFFD_H

#include <pthread.h>
#include <semaphore.h>

#include "context.h"

/* The memory under test lies in the middle of a stretch in which nothing else is mapped. */
#define FLU_STRETCH ((size_t)64 << 20)
#define FLU_BASE_AT ((size_t)16 << 20)
#define FLU_UNKNOWN 0xffu

/* A thread that touches memory when told to, and may be left waiting for an answer. */
struct flu_thread {
    pthread_t thread;
    bool running;
    pid_t tid;
    int stat;  /* /proc/self/task/<tid>/stat */
    int wchan; /* /proc/self/task/<tid>/wchan */
    sem_t go;
    atomic_bool stop;
    /* What it does, and how that ended. */
    void (*work)(struct flu_thread *self);
    uint8_t *address;
    bool write;
    uint64_t value;
    size_t bytes; /* of a call */
    int advice;
    int error; /* errno of a call; 0 when it succeeded */
    bool ok;
    int code;  /* si_code where an access was not */
    bool busy; /* of the coordinating thread alone: told to, and not reported yet */
    atomic_bool started;
    atomic_bool done;
};

struct flu_frame {
    struct ftl_uffd_request request;
    struct ftl_uffd_step steps[FTL_UFFD_MAX_STEPS];
};

/* What the family keeps from one execution to the next, and the execution in progress. */
struct flu {
    struct faultline *context;
    uint8_t *stretch; /* its first page is ours for good, so that no other context takes the place */
    struct flu_thread threads[FTL_UFFD_THREADS];
    uint8_t *fills[FTL_UFFD_FILL_COUNT]; /* by tag, for small pages; huge ones are filled on the way */
    uint8_t *huge_source;
    struct fl_exec *exec;
    struct flu_frame frame;
    int fd;     /* the userfaultfd; -1: closed */
    int memory; /* the file behind the memory, or -1 */
    uint8_t *base;
    size_t unit;  /* bytes of a page */
    size_t bytes; /* of all pages */
    uint64_t deadline_ns;
};

/* uffd.c */
/* Takes a request; NULL when it is sound, else a sentence that names the field, written to `text`. */
const char *flu_accept(struct fl_exec *exec, const uint8_t *bytes, uint32_t size, char *text, size_t room);
/* Executes the request taken last; its events and status are in `exec`. */
void flu_execute(struct fl_exec *exec);
void flu_close(struct faultline *context);
void flu_event(struct flu *flu, uint8_t kind, uint8_t thread, uint32_t arg, uint64_t a, uint64_t b);

/* uffd_decode.c: NULL when the frame is sound, else a sentence that names the field. */
const char *flu_decode(struct flu_frame *frame, const uint8_t *bytes, uint32_t size, char *text, size_t room);

/* uffd_memory.c */
bool flu_memory_open(struct flu *flu);
void flu_memory_close(struct flu *flu);
/* `pages` pages of a fill, from its page 0 on. */
const uint8_t *flu_fill(struct flu *flu, uint8_t tag, uint32_t pages);
uint64_t flu_fill_word(uint8_t tag, uint32_t page, uint32_t offset);

/* uffd_threads.c */
bool flu_threads_start(struct flu *flu);
void flu_threads_stop(struct flu *flu);
void flu_access(struct flu *flu, const struct ftl_uffd_step *step);
/* The step's thread, if it has nothing to do; else NULL, and it is reported to wait. */
struct flu_thread *flu_free_thread(struct flu *flu, const struct ftl_uffd_step *step);
/* Lets a thread do `work` with what its fields say. */
void flu_let(struct flu_thread *thread, void (*work)(struct flu_thread *self));
/*
 * Waits until every thread is done or asleep in a fault, and reports what happened: messages, then accesses
 * that are over. False when the deadline passed.
 */
bool flu_settle(struct flu *flu);

/* uffd_advise.c */
void flu_advise(struct flu *flu, const struct ftl_uffd_step *step);

/* uffd_ioctls.c */
/* A range as the step spoils it. */
struct uffdio_range flu_range(const struct flu *flu, const struct ftl_uffd_step *step);
int flu_open(const struct ftl_uffd_request *request);
void flu_ioctl(struct flu *flu, const struct ftl_uffd_step *step);
void flu_api(struct flu *flu, const struct ftl_uffd_step *step);
/* The handshake that the scenario starts with; false where it fails. */
bool flu_handshake(struct flu *flu);

/* uffd_end.c: what is left behind: waiting threads, page-table entries, contents. */
void flu_end(struct flu *flu);

#endif
