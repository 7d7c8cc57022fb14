/* Ends an execution that does not end by itself. */
#include <errno.h>
#include <signal.h>
#include <time.h>

#include "context.h"

/* Between one kick and the next, until the execution ends. */
#define TICK_NS 10000000u
/* A thread that wakes so much too late was not alone: the whole machine stood still, or this process. */
#define STANDSTILL_NS 200000000u

/*
 * Waiting faults are let go first. A vCPU in an unanswered userfault does not leave KVM_RUN for a signal: it
 * repeats the fault, and another message, for as long as the signal is pending.
 */
static void kick(struct faultline *context)
{
    struct fl_watchdog *watchdog = &context->watchdog;

    atomic_store(&watchdog->expired, true);
    fl_uffd_unregister_all(context);
    for (uint32_t cpu = 0; cpu < FL_VCPUS; cpu++) {
        if (!watchdog->thread_known[cpu])
            continue;
        if (watchdog->runs[cpu])
            watchdog->runs[cpu]->immediate_exit = 1;
        pthread_kill(watchdog->threads[cpu], FL_KICK_SIGNAL);
    }
}

static void sleep_until(struct fl_watchdog *watchdog, uint64_t time_ns)
{
    struct timespec until = {.tv_sec = (time_t)(time_ns / 1000000000u),
                             .tv_nsec = (long)(time_ns % 1000000000u)};

    watchdog->wakes_ns = time_ns;
    pthread_cond_timedwait(&watchdog->wake, &watchdog->lock, &until);
}

/*
 * Sleeps until the deadline it saw last, by when others have long replaced it: arming is then one store, and
 * no processor but the vCPUs' has to be told when memory is unmapped.
 */
static void *watch_main(void *argument)
{
    struct faultline *context = argument;
    struct fl_watchdog *watchdog = &context->watchdog;
    sigset_t all;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, NULL);
    pthread_mutex_lock(&watchdog->lock);
    while (!watchdog->stop) {
        uint64_t now = fl_now_ns();

        if (!watchdog->deadline_ns) {
            watchdog->wakes_ns = UINT64_MAX;
            pthread_cond_wait(&watchdog->wake, &watchdog->lock);
        } else if (now < watchdog->deadline_ns) {
            sleep_until(watchdog, watchdog->deadline_ns);
        } else if (!atomic_load(&watchdog->expired) && now - watchdog->deadline_ns > STANDSTILL_NS) {
            watchdog->deadline_ns = now + watchdog->length_ns;
        } else {
            kick(context);
            sleep_until(watchdog, now + TICK_NS);
        }
    }
    pthread_mutex_unlock(&watchdog->lock);
    return NULL;
}

static bool start(struct faultline *context)
{
    struct fl_watchdog *watchdog = &context->watchdog;
    pthread_condattr_t attributes;

    pthread_mutex_init(&watchdog->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&watchdog->wake, &attributes);
    pthread_condattr_destroy(&attributes);
    watchdog->wakes_ns = UINT64_MAX;
    watchdog->running = !pthread_create(&watchdog->thread, NULL, watch_main, context);
    return watchdog->running;
}

bool fl_watchdog_arm(struct fl_exec *exec)
{
    struct faultline *context = exec->context;
    struct fl_watchdog *watchdog = &context->watchdog;

    if (!watchdog->running && !start(context))
        return false;
    pthread_mutex_lock(&watchdog->lock);
    for (uint32_t cpu = 0; cpu < FL_VCPUS; cpu++) {
        watchdog->runs[cpu] = exec->vm->vcpus[cpu].run;
        watchdog->thread_known[cpu] = cpu == 0 || context->runner.running;
    }
    watchdog->threads[0] = pthread_self();
    watchdog->threads[1] = context->runner.thread;
    watchdog->length_ns = (uint64_t)exec->request->deadline_ms * 1000000u;
    watchdog->deadline_ns = fl_now_ns() + watchdog->length_ns;
    if (watchdog->deadline_ns < watchdog->wakes_ns)
        pthread_cond_signal(&watchdog->wake);
    pthread_mutex_unlock(&watchdog->lock);
    return true;
}

void fl_watchdog_disarm(struct faultline *context)
{
    struct fl_watchdog *watchdog = &context->watchdog;

    pthread_mutex_lock(&watchdog->lock);
    watchdog->deadline_ns = 0;
    for (uint32_t cpu = 0; cpu < FL_VCPUS; cpu++) {
        if (watchdog->runs[cpu])
            watchdog->runs[cpu]->immediate_exit = 0;
        watchdog->runs[cpu] = NULL;
    }
    atomic_store(&watchdog->expired, false);
    pthread_mutex_unlock(&watchdog->lock);
}

void fl_watchdog_stop(struct faultline *context)
{
    struct fl_watchdog *watchdog = &context->watchdog;

    if (!watchdog->running)
        return;
    pthread_mutex_lock(&watchdog->lock);
    watchdog->stop = true;
    pthread_cond_signal(&watchdog->wake);
    pthread_mutex_unlock(&watchdog->lock);
    pthread_join(watchdog->thread, NULL);
    pthread_mutex_destroy(&watchdog->lock);
    pthread_cond_destroy(&watchdog->wake);
}
