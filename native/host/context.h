/* The structures that the driver's files share. */
#ifndef FL_CONTEXT_H
#define FL_CONTEXT_H

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "catch.h"
#include "faultline.h"
#include "faultline_blackbox.h"
#include "faultline_wire.generated.h"
#include "machine.h"
#include "uapi.h"

#define FL_PAGE ((size_t)FTL_PAGE_SIZE)
#define FL_HUGE ((size_t)2 << 20)
/* Of any architecture and granule. */
#define FL_PT_PAGES_MAX FTL_ARM_MAX_PT_PAGES
/* Virtual room of a region's mapping: the largest offset and size, rounded up to huge pages. */
#define FL_REGION_ROOM (2 * FL_HUGE)
#define FL_VCPUS       2
#define FL_POOL        12
/* Regions with a memslot, by wire number: code, pt, data, data2. Index 0 is unused in most tables. */
#define FL_SLOTS            4
#define FL_SCRATCH_SLOT     8
#define FL_SCRATCH_SLOT_GPA 0x20000000ull
#define FL_STEP_END         0xffffu
#define FL_HOST             0xffu
/* Interrupts KVM_RUN; its handler does nothing. */
#define FL_KICK_SIGNAL (SIGRTMIN + 7)
/* An EINVAL that the driver gives without asking the kernel. */
#define FL_DRIVER_EINVAL (0x10000u | 22u)
/* No legal access exits more often: 64 elements, two pages each side, with room to spare. */
#define FL_MAX_EXITS 1024

struct fl_exec;
struct flu;

struct fl_events {
    struct ftl_event *items;
    uint32_t count;
    uint32_t capacity;
    bool lost;
};

/* One mapping of host memory, kept for reuse. `base` is 2 MiB aligned; NULL until first used. */
struct fl_mapping {
    uint8_t *base;
    size_t bytes;
    int fd; /* memfd and hugetlb_shared, else -1 */
};

/* What a scenario asks of a region. */
struct fl_shape {
    bool used;
    uint8_t backing;
    uint8_t slot_flags;
    uint16_t pages;
    uint16_t offset_pages;
};

/* A region of a VM: its memory and its memslot as they are now. */
struct fl_region {
    struct fl_shape shape;
    struct fl_mapping maps[FTL_BACKING_COUNT];
    uint8_t *hva; /* of the region's first byte */
    size_t bytes;
    uint64_t home_gpa;
    uint64_t away_gpa;
    bool exists;
    bool away;
    uint8_t slot_flags;
    /* Memory must be dropped and filled afresh: its host-side state is not what a new VM has. */
    bool tainted;
    bool filled;
    bool reprotect; /* a step changed the protection of some pages */
};

struct fl_vcpu {
    int fd;
    struct kvm_run *run;
    size_t run_bytes;
    struct kvm_dirty_gfn *ring;
    uint32_t ring_next;
    struct fl_arch_vcpu arch;
};

/* All that the initial content of pt depends on; all bytes are named, so that two can be compared as bytes.
 */
struct fl_tables {
    uint16_t data_first;
    uint16_t data_pages;
    uint16_t data2_first;
    uint16_t data2_pages; /* 0: no data2 */
    uint32_t none_pages;
    uint32_t form; /* what else, in the architecture's own coding */
};

struct fl_vm {
    int fd;
    uint8_t dirty_tracking;
    uint32_t vcpu_count;
    struct fl_vcpu vcpus[FL_VCPUS];
    uint8_t *code;
    struct fl_region regions[FL_SLOTS];
    uint8_t pt_image[FL_PT_PAGES_MAX * FTL_PAGE_SIZE]; /* what pt holds at the start of the scenario */
    struct fl_tables tables;                           /* what the image was built from */
    uint64_t last_used;
    bool ring_harvested; /* entries were collected and not reset yet */
    struct fl_arch_vm arch;
};

struct fl_answers {
    uint8_t modes;
    uint8_t minor;
    uint8_t wp;
    uint8_t missing_count;
    uint8_t missing[FTL_MAX_ANSWERS];
    uint32_t delay_us;
};

struct fl_uffd_region {
    uint8_t *hva;
    size_t bytes;
    size_t unit; /* granularity of an answer */
    bool registered;
    uint64_t unanswered_since_ns; /* 0: nothing waits */
    uint64_t refused_address;     /* last message whose answer met something there already; 0: none */
    pid_t waiter;                 /* the thread that waits */
    uint64_t withdrawn_at_ns;     /* 0: nobody has to be watched since a withdrawal */
    uint32_t withdrawn_event;     /* its place among the events */
    struct fl_answers answers;
};

struct fl_uffd {
    int fd;
    int wake_fd;
    bool thread_running;
    pthread_t thread;
    pthread_mutex_t lock; /* everything below, and the order of events against answers */
    atomic_bool stop;
    atomic_bool host_step;
    struct fl_uffd_region regions[FL_SLOTS];
    struct fl_events events;
    uint32_t withdraw_ms;
    pid_t vcpu_tids[FL_VCPUS];
    uint8_t *copy_buffer;       /* one huge page */
    const struct fl_exec *exec; /* the execution being served */
};

struct fl_watchdog {
    pthread_t thread;
    bool running;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool stop;
    uint64_t deadline_ns; /* 0: idle */
    uint64_t length_ns;   /* from arming to the deadline */
    uint64_t wakes_ns;    /* when the thread looks next by itself */
    atomic_bool expired;
    struct kvm_run *runs[FL_VCPUS];
    pthread_t threads[FL_VCPUS];
    bool thread_known[FL_VCPUS];
};

/* The thread that runs vCPU 1, so that no vCPU ever changes thread. */
struct fl_runner {
    pthread_t thread;
    bool running;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool stop;
    bool busy;
    void (*job)(void *);
    void *argument;
    pid_t tid;
};

struct fl_child {
    pid_t pid; /* 0: none */
    int to_child;
    int from_child;
};

struct faultline {
    int kvm;
    int kvm_errno;
    int uffd_errno;
    uint64_t caps;
    uint64_t uffd_features;
    uint32_t vcpu_mmap_bytes;
    uint32_t ring_bytes;
    struct fl_arch_context arch;
    int pagemap;
    struct fl_vm *pool[FL_POOL];
    uint64_t clock;
    struct fl_uffd uffd;
    struct fl_watchdog watchdog;
    struct fl_runner runner;
    struct ftl_blackbox *blackbox;
    uint8_t *fills; /* see fl_fill_page */
    struct fl_exec *exec;
    struct flu *uffd_family; /* families/uffd.h; NULL until its first request */
};

/* A request, copied: the caller's bytes need not be aligned, and nobody can change these after the check. */
struct fl_frame {
    struct ftl_request request;
    struct ftl_region regions[3];
    struct ftl_step steps[2 * FTL_MAX_STEPS]; /* a race is two records */
};

/* One execution of a request. */
struct fl_exec {
    struct faultline *context;
    struct fl_vm *vm;
    const struct ftl_request *request;
    const struct ftl_region *regions; /* pt, data, data2 */
    const struct ftl_step *steps;
    struct fl_frame frame; /* what the three point into */
    uint32_t step;         /* number of the step in progress */
    struct fl_events out;
    struct fl_events cpu_events[FL_VCPUS];
    atomic_uint reads_used;
    atomic_bool hang;
    uint8_t hang_cpu;
    bool discard_vm;
    bool pt_may_have_holes;
    struct fl_child child;
    uint8_t status;
    char detail[104];
};

static inline bool fl_is_huge(uint8_t backing)
{
    return backing == FTL_BACKING_ANON_THP || backing == FTL_BACKING_HUGETLB ||
           backing == FTL_BACKING_HUGETLB_SHARED;
}

static inline bool fl_is_hugetlb(uint8_t backing)
{
    return backing == FTL_BACKING_HUGETLB || backing == FTL_BACKING_HUGETLB_SHARED;
}

static inline bool fl_is_private(uint8_t backing)
{
    return backing == FTL_BACKING_ANON || backing == FTL_BACKING_ANON_THP || backing == FTL_BACKING_HUGETLB;
}

/* events.c */
void fl_event(struct fl_events *list, uint32_t step, uint8_t kind, uint8_t vcpu, uint32_t arg, uint64_t a,
              uint64_t b, uint64_t c);
void fl_events_append(struct fl_events *list, struct fl_events *from);
void fl_events_free(struct fl_events *list);
uint64_t fl_now_ns(void);
/* Ends the execution with a status and a sentence; the first one wins. */
void fl_fail(struct fl_exec *exec, uint8_t status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* decode.c: fills `exec`'s frame; NULL when it is sound, else a sentence naming the field, written to `text`.
 */
const char *fl_decode(struct fl_exec *exec, const uint8_t *bytes, uint32_t size, char *text,
                      size_t text_size);

/* fill.c */
uint64_t fl_fill_word(uint8_t tag, uint32_t region, uint32_t page, uint32_t offset);
bool fl_fills_build(struct faultline *context);
/* The 4 KiB image of a data page; region is DATA or DATA2. */
const uint8_t *fl_fill_page(const struct faultline *context, uint8_t tag, uint32_t region, uint32_t page);
/* What a compare-and-swap expects in its nth eight bytes. */
uint64_t fl_comparand(const struct ftl_step *step, uint32_t page, uint32_t lane);

/* backing.c: 0 or -errno. */
int fl_mapping_open(struct fl_mapping *mapping, uint8_t backing, size_t bytes);
void fl_mapping_close(struct fl_mapping *mapping);
/* Gives all of a region's memory back to the kernel. */
int fl_region_drop(struct fl_region *region);

/* vm.c */
struct fl_vm *fl_vm_create(struct fl_exec *exec);
void fl_vm_destroy(struct faultline *context, struct fl_vm *vm);
bool fl_vm_add_vcpus(struct fl_exec *exec, struct fl_vm *vm, uint32_t count);
/* KVM_SET_USER_MEMORY_REGION; 0 or errno. Keeps the record of the region on success. */
int fl_slot_set(struct fl_vm *vm, uint32_t slot, uint8_t flags, bool away);
int fl_slot_delete(struct fl_vm *vm, uint32_t slot);
/* Makes KVM drop all translations it cached. */
int fl_vm_zap(struct fl_vm *vm);

/* pool.c */
struct fl_vm *fl_pool_take(struct fl_exec *exec, bool *reused);
void fl_pool_give(struct faultline *context, struct fl_vm *vm, bool discard);
void fl_pool_empty(struct faultline *context);

/* prepare.c */
bool fl_vm_prepare(struct fl_exec *exec, struct fl_vm *vm);

/* place.c */
uint64_t fl_gva(const struct fl_exec *exec, uint32_t region, uint32_t page, uint32_t offset);
/* Region and page of a host address, packed as in `sigbus`; region code where it is in none. */
uint64_t fl_locate(const struct fl_vm *vm, uint64_t address);

/* runner.c */
/* Runs `job` on the thread that owns a vCPU and waits for it. */
void fl_on_vcpu_thread(struct faultline *context, uint32_t cpu, void (*job)(void *), void *argument);
bool fl_runner_start(struct faultline *context);
void fl_runner_post(struct faultline *context, void (*job)(void *), void *argument);
void fl_runner_wait(struct faultline *context);
void fl_runner_stop(struct faultline *context);

/* access.c */
/* One payload instruction to run. */
struct fl_run {
    uint32_t cpu;
    bool user;
    uint32_t guest_op;
    struct fl_start start;
    struct fl_wanted wanted;
    bool flip_value; /* the plant */
};
struct fl_pte_run {
    struct fl_exec *exec;
    struct fl_run run;
};
/* Runs it to its end; events go to the vCPU's list. True when the doorbell rang. */
bool fl_run(struct fl_exec *exec, const struct fl_run *run);
/* All accesses of a step, on the calling thread, which is the vCPU's. */
void fl_sweep(struct fl_exec *exec, const struct ftl_step *step, bool flush_each);
/* An event of a vCPU, in the step in progress. */
void fl_cpu_event(struct fl_exec *exec, uint32_t cpu, uint8_t kind, uint32_t arg, uint64_t a, uint64_t b,
                  uint64_t c);
/* Moves the step's events from the lists of their sources to the response, in the contract's order. */
void fl_flush_step(struct fl_exec *exec);
/* ptes.c */
void fl_ptes(struct fl_exec *exec, uint32_t region, uint32_t page);
/* The entries that map the pages an access touched. */
void fl_access_ptes(struct fl_exec *exec, const struct ftl_step *step, uint32_t page);

/* uffd.c */
bool fl_uffd_probe(struct faultline *context);
int fl_uffd_register(struct fl_exec *exec, uint32_t region, const struct fl_answers *answers);
int fl_uffd_unregister(struct faultline *context, uint32_t region);
int fl_uffd_protect(struct faultline *context, uint32_t region, uint64_t start, uint64_t bytes, bool on);
void fl_uffd_set_answers(struct fl_exec *exec, uint32_t region, const struct fl_answers *answers);
int fl_uffd_let_go(struct fl_uffd *uffd, struct fl_uffd_region *region);
void fl_uffd_wake(const struct fl_uffd *uffd, const struct fl_uffd_region *region);
int fl_uffd_withdraw_overdue(struct fl_uffd *uffd);
void fl_uffd_drain(struct fl_exec *exec, struct fl_events *into);
void fl_uffd_unregister_all(struct faultline *context);
void fl_uffd_close(struct faultline *context);
int fl_uffd_start(struct fl_exec *exec);

/* watchdog.c */
bool fl_watchdog_arm(struct fl_exec *exec);
void fl_watchdog_disarm(struct faultline *context);
void fl_watchdog_stop(struct faultline *context);

/* child.c */
uint32_t fl_child_fork(struct fl_exec *exec);
int fl_child_release(struct fl_exec *exec, bool *changed);
void fl_child_kill(struct fl_exec *exec);

/* end_state.c */
void fl_end_state(struct fl_exec *exec);

/* facts.c */
void fl_probe(struct faultline *context);
void fl_facts_fill(struct faultline *context, struct ftl_facts *facts);
bool fl_has_cap(const struct faultline *context, int cap);
/* missing.c: a sentence, or NULL when nothing is missing. */
const char *fl_missing(const struct fl_exec *exec);
/* Whether any access of the request uses one of these operations. */
bool fl_uses_op(const struct fl_exec *exec, uint8_t first_op, uint8_t last_op);
/* Whether anything in the request registers a userfaultfd. */
bool fl_wants_uffd(const struct fl_exec *exec);

/* families/stage2.c */
void fl_stage2_run(struct fl_exec *exec);
/* Empties every vCPU's dirty ring. */
void fl_rings_empty(const struct faultline *context, struct fl_vm *vm);

#endif
