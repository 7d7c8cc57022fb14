/* The thread of vCPU 1. */
#include <sys/syscall.h>
#include <unistd.h>

#include "context.h"

static void *runner_main(void *argument)
{
    struct fl_runner *runner = argument;

    fl_signals_block(NULL);
    pthread_mutex_lock(&runner->lock);
    runner->tid = (pid_t)syscall(SYS_gettid);
    pthread_cond_broadcast(&runner->wake);
    while (!runner->stop) {
        if (!runner->busy) {
            pthread_cond_wait(&runner->wake, &runner->lock);
            continue;
        }
        pthread_mutex_unlock(&runner->lock);
        runner->job(runner->argument);
        pthread_mutex_lock(&runner->lock);
        runner->busy = false;
        pthread_cond_broadcast(&runner->wake);
    }
    pthread_mutex_unlock(&runner->lock);
    return NULL;
}

bool fl_runner_start(struct faultline *context)
{
    struct fl_runner *runner = &context->runner;

    if (runner->running)
        return true;
    pthread_mutex_init(&runner->lock, NULL);
    pthread_cond_init(&runner->wake, NULL);
    if (pthread_create(&runner->thread, NULL, runner_main, runner))
        return false;
    runner->running = true;
    pthread_mutex_lock(&runner->lock);
    while (!runner->tid)
        pthread_cond_wait(&runner->wake, &runner->lock);
    pthread_mutex_unlock(&runner->lock);
    return true;
}

void fl_runner_post(struct faultline *context, void (*job)(void *), void *argument)
{
    struct fl_runner *runner = &context->runner;

    pthread_mutex_lock(&runner->lock);
    runner->job = job;
    runner->argument = argument;
    runner->busy = true;
    pthread_cond_broadcast(&runner->wake);
    pthread_mutex_unlock(&runner->lock);
}

void fl_runner_wait(struct faultline *context)
{
    struct fl_runner *runner = &context->runner;

    pthread_mutex_lock(&runner->lock);
    while (runner->busy)
        pthread_cond_wait(&runner->wake, &runner->lock);
    pthread_mutex_unlock(&runner->lock);
}

void fl_runner_stop(struct faultline *context)
{
    struct fl_runner *runner = &context->runner;

    if (!runner->running)
        return;
    pthread_mutex_lock(&runner->lock);
    runner->stop = true;
    pthread_cond_broadcast(&runner->wake);
    pthread_mutex_unlock(&runner->lock);
    pthread_join(runner->thread, NULL);
    pthread_mutex_destroy(&runner->lock);
    pthread_cond_destroy(&runner->wake);
    runner->running = false;
}

void fl_on_vcpu_thread(struct faultline *context, uint32_t cpu, void (*job)(void *), void *argument)
{
    if (cpu == 0) {
        job(argument);
        return;
    }
    fl_runner_post(context, job, argument);
    fl_runner_wait(context);
}
