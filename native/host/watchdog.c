/* Ends an execution that does not end by itself. */
#include <errno.h>
#include <signal.h>
#include <time.h>

#include "context.h"

/* While executions follow each other the thread only wakes this often: arming it is then one store. */
#define TICK_NS 10000000u
/* Idle ticks before the thread sleeps until it is woken. */
#define IDLE_TICKS 100u

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

static void sleep_tick(struct fl_watchdog *watchdog)
{
    struct timespec until;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += TICK_NS;
    if (until.tv_nsec >= 1000000000) {
        until.tv_nsec -= 1000000000;
        until.tv_sec++;
    }
    pthread_cond_timedwait(&watchdog->wake, &watchdog->lock, &until);
}

static void *watch_main(void *argument)
{
    struct faultline *context = argument;
    struct fl_watchdog *watchdog = &context->watchdog;
    uint32_t idle = 0;
    sigset_t all;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, NULL);
    pthread_mutex_lock(&watchdog->lock);
    while (!watchdog->stop) {
        if (!watchdog->deadline_ns) {
            watchdog->asleep = ++idle > IDLE_TICKS;
            if (watchdog->asleep)
                pthread_cond_wait(&watchdog->wake, &watchdog->lock);
            else
                sleep_tick(watchdog);
            continue;
        }
        watchdog->asleep = false;
        idle = 0;
        if (fl_now_ns() >= watchdog->deadline_ns)
            kick(context);
        sleep_tick(watchdog);
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
    watchdog->deadline_ns = fl_now_ns() + (uint64_t)exec->request->deadline_ms * 1000000u;
    if (watchdog->asleep)
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
