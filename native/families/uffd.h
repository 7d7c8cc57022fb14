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
/* Who touches memory: the threads of this process, and the forked child. */
#define FLU_CHILD   FTL_UFFD_THREADS
#define FLU_TOUCHES (FTL_UFFD_THREADS + 1u)

/* Who touches memory when told to, and may be left waiting for an answer. Lies in memory that a child shares.
 */
struct flu_thread {
    pthread_t thread;
    bool running;
    pid_t tid;
    int channel; /* a file that the kernel copies words to and from */
    int stat;    /* of /proc */
    int wchan;   /* of /proc */
    sem_t go;
    atomic_bool stop;
    /* What it does, and how that ended. */
    void (*work)(struct flu_thread *self);
    uint8_t *address;
    bool write;
    uint64_t value;
    size_t bytes;     /* of a call or a copy */
    uint8_t *copy_to; /* of a copy */
    int advice;
    bool tells; /* its call may wait until an event is read */
    int error;  /* errno of a call; 0 when it succeeded */
    bool ok;
    int code;  /* si_code where an access was not */
    bool busy; /* of the coordinating thread alone: told to, and not reported yet */
    atomic_bool started;
    atomic_bool done;
};

/* The forked child, and who forks it: a thread that stays, because a child may be told when its parent ends.
 */
struct flu_child {
    pthread_t forker;
    bool running;
    sem_t go;
    atomic_bool stop;
    bool forking; /* of the coordinating thread alone: told to, and not back yet */
    atomic_bool forked;
    pid_t pid; /* 0: there is none */
    int error; /* of the fork */
    int fd;    /* its userfaultfd, or -1 */
    int pagemap;
    uint8_t *copy; /* a huge page that it shares */
};

struct flu_frame {
    struct ftl_uffd_request request;
    struct ftl_uffd_step steps[FTL_UFFD_MAX_STEPS];
};

/* What the family keeps from one execution to the next, and the execution in progress. */
struct flu {
    struct faultline *context;
    uint8_t *stretch; /* its first page is ours for good, so that no other context takes the place */
    struct flu_thread *threads; /* FLU_TOUCHES of them, in shared memory */
    struct flu_child child;
    uint8_t *fills[FTL_UFFD_FILL_COUNT]; /* by tag, for small pages; huge ones are filled on the way */
    uint8_t *huge_source;
    uint8_t *readonly;   /* a page for arguments that the kernel may not write to */
    uint8_t *odd_source; /* of the COPY in progress, where it has one of its own */
    size_t odd_bytes;
    struct fl_exec *exec;
    struct flu_frame frame;
    struct flu_thread *held; /* waits until its event is read, which is put off */
    int fd;                  /* the userfaultfd; -1: closed */
    int memory;              /* the file behind the memory, or -1 */
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
/* What a thread does. */
void flu_touch(struct flu_thread *self);
void flu_touch_by_kernel(struct flu_thread *self);
int flu_channel_open(void);
/* Works as told until it is told to stop. */
void flu_thread_main(struct flu_thread *self);
void flu_report_message(struct flu *flu, bool from_child, const struct uffd_msg *message);
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
/* Waits until a thread's call is over or has sent an event, which is left for later: then it is `held`. */
bool flu_settle_held(struct flu *flu, struct flu_thread *thread);

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

/* uffd_fork.c */
/* The scenario's steps. */
void flu_fork(struct flu *flu);
void flu_exit(struct flu *flu);
/* The child's view of memory under test; NULL where reading it gives a signal, with its code. */
const uint8_t *flu_child_page(struct flu *flu, uint32_t page, int *code);
void flu_child_let_go(struct flu *flu);
/* Ends the child, whatever it does; false when it does not. */
bool flu_child_kill(struct flu *flu);
void flu_forker_stop(struct flu *flu);

/* uffd_argument.c: calls whose argument, source or caller is not as it should be. */
int flu_call(struct flu *flu, int fd, const struct ftl_uffd_step *step, unsigned long request,
             void *argument);
/* The same by a thread without CAP_SYS_PTRACE. */
int flu_unprivileged_call(struct flu *flu, int fd, const struct ftl_uffd_step *step, unsigned long request,
                          void *argument);
/* Where a COPY takes its pages from; afterwards comes flu_copy_source_done(). */
uint64_t flu_copy_source(struct flu *flu, const struct ftl_uffd_step *step);
void flu_copy_source_done(struct flu *flu);
/* Where a MOVE takes its pages from, which would be `sound`. */
uint64_t flu_spoilt_source(const struct flu *flu, const struct ftl_uffd_step *step, uint64_t sound);

/* uffd_end.c: what is left behind: waiting threads, page-table entries, contents. */
void flu_end(struct flu *flu);
/* The entries of the step's pages. */
void flu_pagemap(struct flu *flu, const struct ftl_uffd_step *step);

#endif
