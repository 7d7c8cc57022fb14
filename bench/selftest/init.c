/*
 * First process of a machine that is to be measured: runs the selftest, once with its messages and then without, says on
 * the console what came of it and how long it took, and becomes the agent. So both run in one boot.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define TIMED_RUNS 2

static uint64_t now_us(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000 + (uint64_t)time.tv_nsec / 1000;
}

static void run(const char *name, const char *path)
{
    uint64_t start = now_us();
    pid_t child = fork();
    int status = 0;

    if (child == 0) {
        execl(path, path, (char *)NULL);
        _exit(127);
    }
    waitpid(child, &status, 0);
    printf("selftest-run %s status %d us %llu\n", name, status, (unsigned long long)(now_us() - start));
    fflush(stdout);
}

int main(void)
{
    mount("devtmpfs", "/dev", "devtmpfs", 0, NULL);
    mount("proc", "/proc", "proc", 0, NULL);
    mount("sysfs", "/sys", "sysfs", 0, NULL);
    run("debug", "/selftest-debug");
    for (int i = 0; i < TIMED_RUNS; i++)
        run("timed", "/selftest");
    execl("/agent", "/agent", (char *)NULL);
    fprintf(stderr, "/agent: %s\n", strerror(errno));
    return 1;
}
