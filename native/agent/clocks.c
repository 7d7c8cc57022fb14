/* Sleeping on one CPU after the other shows that each has a timer, and makes the kernel set it anew. */
#include "clocks.h"

#include <sched.h>
#include <stdbool.h>
#include <time.h>

static const struct timespec moment = {.tv_nsec = 1000000};

static bool sleep_on(int cpu)
{
    cpu_set_t one;

    CPU_ZERO(&one);
    CPU_SET(cpu, &one);
    return !sched_setaffinity(0, sizeof(one), &one) && !clock_nanosleep(CLOCK_MONOTONIC, 0, &moment, NULL);
}

uint32_t fla_try_clocks(void)
{
    cpu_set_t all;
    uint32_t tried = 0;

    if (sched_getaffinity(0, sizeof(all), &all))
        return 0;
    for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
        if (CPU_ISSET(cpu, &all) && sleep_on(cpu))
            tried++;
    sched_setaffinity(0, sizeof(all), &all);
    return tried;
}
