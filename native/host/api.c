/* The library's interface, and the life of one execution. */
#include "faultline.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "arch.h"
#include "uffd.h"

uint32_t faultline_abi(void)
{
    return FTL_VERSION;
}

struct faultline *faultline_open(char *error, uint32_t error_size)
{
    struct faultline *context = calloc(1, sizeof(*context));

    if (context)
        context->exec = calloc(1, sizeof(*context->exec));
    if (!context || !context->exec || !fl_fills_build(context)) {
        snprintf(error, error_size, "out of memory");
        if (context)
            free(context->exec);
        free(context);
        return NULL;
    }
    context->kvm = -1;
    context->pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
    pthread_mutex_init(&context->uffd.lock, NULL);
    fl_probe(context);
    if (context->pagemap < 0 || !fl_catch_install()) {
        snprintf(error, error_size, "%s: %s", context->pagemap < 0 ? "/proc/self/pagemap" : "signal handlers",
                 strerror(errno));
        faultline_close(context);
        return NULL;
    }
    return context;
}

void faultline_close(struct faultline *context)
{
    flu_close(context);
    fl_watchdog_stop(context);
    fl_runner_stop(context);
    fl_uffd_close(context);
    fl_pool_empty(context);
    if (context->blackbox)
        munmap(context->blackbox, FTL_BLACKBOX_BYTES);
    if (context->pagemap >= 0)
        close(context->pagemap);
    if (context->kvm >= 0)
        close(context->kvm);
    pthread_mutex_destroy(&context->uffd.lock);
    fl_events_free(&context->exec->out);
    for (uint32_t cpu = 0; cpu < FL_VCPUS; cpu++)
        fl_events_free(&context->exec->cpu_events[cpu]);
    free(context->exec);
    fl_arch_forget(context);
    free(context->fills);
    free(context);
}

int faultline_blackbox(struct faultline *context, const char *path)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    struct ftl_blackbox *box;
    int error;

    if (fd < 0)
        return -errno;
    /* A hole in the file would be a SIGBUS when the disk is full. */
    error = posix_fallocate(fd, 0, FTL_BLACKBOX_BYTES);
    box = error ? MAP_FAILED : mmap(NULL, FTL_BLACKBOX_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (!error && box == MAP_FAILED)
        error = errno;
    close(fd);
    if (error)
        return -error;
    if (context->blackbox)
        munmap(context->blackbox, FTL_BLACKBOX_BYTES);
    *box = (struct ftl_blackbox){.magic = FTL_BLACKBOX_MAGIC};
    context->blackbox = box;
    return 0;
}

int64_t faultline_facts(struct faultline *context, uint8_t *out, uint32_t size)
{
    struct ftl_facts facts;

    if (size < sizeof(facts))
        return -ENOSPC;
    fl_facts_fill(context, &facts);
    memcpy(out, &facts, sizeof(facts));
    return (int64_t)sizeof(facts);
}

static void blackbox_begin(struct faultline *context, const uint8_t *request, uint32_t size)
{
    struct ftl_blackbox *box = context->blackbox;

    if (!box)
        return;
    memcpy((uint8_t *)box + FTL_BLACKBOX_REQUEST_OFFSET, request, size);
    box->request_bytes = size;
    box->step = 0;
    box->sequence++;
    __atomic_store_n(&box->state, FTL_BLACKBOX_RUNNING, __ATOMIC_RELEASE);
}

static void blackbox_end(struct faultline *context)
{
    if (context->blackbox)
        __atomic_store_n(&context->blackbox->state, FTL_BLACKBOX_IDLE, __ATOMIC_RELEASE);
}

static void begin(struct fl_exec *exec, struct faultline *context)
{
    exec->context = context;
    exec->vm = NULL;
    exec->step = 0;
    exec->status = FTL_STATUS_OK;
    exec->discard_vm = false;
    exec->pt_may_have_holes = false;
    exec->out.count = 0;
    exec->out.lost = false;
    for (uint32_t cpu = 0; cpu < FL_VCPUS; cpu++)
        exec->cpu_events[cpu].count = 0;
    atomic_store(&exec->reads_used, 0);
    atomic_store(&exec->hang, false);
    exec->hang_cpu = FL_HOST;
    memset(exec->detail, 0, sizeof(exec->detail));
}

static void attach_uffd(struct fl_exec *exec)
{
    struct fl_uffd *uffd = &exec->context->uffd;
    bool wanted = fl_wants_uffd(exec);

    if (!wanted && !uffd->thread_running)
        return;
    pthread_mutex_lock(&uffd->lock);
    uffd->events.count = 0;
    if (wanted) {
        uffd->exec = exec;
        uffd->withdraw_ms = exec->request->withdraw_ms;
        uffd->vcpu_tids[0] = (pid_t)syscall(SYS_gettid);
        uffd->vcpu_tids[1] = exec->context->runner.tid;
    }
    pthread_mutex_unlock(&uffd->lock);
}

/* Runs the request on the VM and leaves the VM ready for the next one, or condemned. */
static void run_on(struct fl_exec *exec, struct fl_vm *vm)
{
    if (!fl_vm_prepare(exec, vm))
        return;
    attach_uffd(exec);
    if (!fl_watchdog_arm(exec)) {
        fl_fail(exec, FTL_STATUS_FAULT, "the watchdog thread could not be started");
        return;
    }
    fl_stage2_run(exec);
    if (atomic_load(&exec->hang))
        fl_fail(exec, FTL_STATUS_HANG, "the deadline of %u ms passed in step %u", exec->request->deadline_ms,
                exec->step);
    if (exec->status == FTL_STATUS_OK)
        fl_end_state(exec);
    else
        fl_flush_step(exec);
    if (atomic_load(&exec->hang))
        fl_event(&exec->out, exec->step, FTL_EVENT_HANG, exec->hang_cpu, 0, 0, 0, 0);
    fl_watchdog_disarm(exec->context);
    fl_uffd_unregister_all(exec->context);
    fl_child_kill(exec);
}

static bool execute(struct fl_exec *exec)
{
    struct faultline *context = exec->context;
    const char *missing = fl_missing(exec);
    bool reused = false;
    struct fl_vm *vm;

    if (missing) {
        fl_fail(exec, FTL_STATUS_SKIPPED, "%s", missing);
        return false;
    }
    if (exec->request->vcpus > 1 && !fl_runner_start(context)) {
        fl_fail(exec, FTL_STATUS_FAULT, "the thread of vCPU 1 could not be started");
        return false;
    }
    vm = fl_pool_take(exec, &reused);
    if (!vm)
        return false;
    run_on(exec, vm);
    fl_pool_give(context, vm, exec->discard_vm || exec->request->flags & FTL_REQUEST_FRESH_VM);
    return reused;
}

static int64_t respond(struct fl_exec *exec, uint64_t id, bool reused, uint8_t *response, uint32_t size)
{
    struct ftl_response header = {.magic = FTL_MAGIC,
                                  .version = FTL_VERSION,
                                  .reused = reused,
                                  .event_count = exec->out.count,
                                  .id = id};
    size_t events = exec->out.count * sizeof(struct ftl_event);

    if (exec->out.lost || sizeof(header) + events > size) {
        exec->status = FTL_STATUS_OK;
        fl_fail(exec, FTL_STATUS_FAULT, "the response has no room for %u events", exec->out.count);
        header.event_count = 0;
        events = 0;
    }
    header.status = exec->status;
    header.size_bytes = (uint32_t)(sizeof(header) + events);
    memcpy(header.detail, exec->detail, sizeof(header.detail));
    memcpy(response, &header, sizeof(header));
    if (events)
        memcpy(response + sizeof(header), exec->out.items, events);
    return header.size_bytes;
}

/* With the driver's signals blocked. */
static int64_t execute_one(struct faultline *context, const uint8_t *request, uint32_t request_size,
                           uint8_t *response, uint32_t response_size)
{
    struct fl_exec *exec = context->exec;
    char text[sizeof(exec->detail)];
    const char *refusal;
    struct ftl_head head = {0};
    bool reused = false;
    uint64_t id;

    if (response_size < sizeof(struct ftl_response))
        return -ENOSPC;
    begin(exec, context);
    if (request_size >= sizeof(head))
        memcpy(&head, request, sizeof(head));
    id = head.id;
    refusal = head.family == FTL_FAMILY_UFFD ? flu_accept(exec, request, request_size, text, sizeof(text))
                                             : fl_decode(exec, request, request_size, text, sizeof(text));
    if (refusal) {
        fl_fail(exec, FTL_STATUS_REFUSED, "%s", refusal);
        return respond(exec, id, false, response, response_size);
    }
    blackbox_begin(context, request, request_size);
    if (head.family == FTL_FAMILY_UFFD)
        flu_execute(exec);
    else
        reused = execute(exec);
    blackbox_end(context);
    return respond(exec, id, reused, response, response_size);
}

int64_t faultline_execute(struct faultline *context, const uint8_t *request, uint32_t request_size,
                          uint8_t *response, uint32_t response_size)
{
    sigset_t signals;
    int64_t answered;

    fl_signals_block(&signals);
    answered = execute_one(context, request, request_size, response, response_size);
    pthread_sigmask(SIG_SETMASK, &signals, NULL);
    return answered;
}

/* Bytes of the frame that `requests` begins with; a frame that lies about its size is all that is left, and
 * refused. */
static uint32_t frame_size(const uint8_t *requests, uint32_t left)
{
    uint32_t size = 0;

    if (left >= sizeof(struct ftl_head))
        memcpy(&size, requests + offsetof(struct ftl_head, size_bytes), sizeof(size));
    return size < sizeof(struct ftl_head) || size > left ? left : size;
}

int64_t faultline_execute_batch(struct faultline *context, const uint8_t *requests, uint32_t requests_size,
                                uint8_t *responses, uint32_t responses_size)
{
    sigset_t signals;
    uint32_t taken = 0;
    uint32_t used = 0;
    int64_t answered = 0;

    fl_signals_block(&signals);
    while (taken < requests_size && (used == 0 || responses_size - used >= FTL_MAX_RESPONSE)) {
        uint32_t size = frame_size(requests + taken, requests_size - taken);

        answered = execute_one(context, requests + taken, size, responses + used, responses_size - used);
        if (answered < 0)
            break;
        taken += size;
        used += (uint32_t)answered;
    }
    pthread_sigmask(SIG_SETMASK, &signals, NULL);
    return answered < 0 ? answered : used;
}
