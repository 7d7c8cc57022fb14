/* Taking a registration back from under a fault that nobody answers. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "context.h"

/* How long a thread may still sleep after its range was unregistered. */
#define STUCK_MS 50u

/* Asleep, as in a fault that nobody answers; a thread that runs or waits for a processor is not. */
static bool sleeps(pid_t thread)
{
    char path[64];
    char stat[256] = {0};
    const char *state;
    int fd;

    snprintf(path, sizeof(path), "/proc/self/task/%d/stat", (int)thread);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    if (read(fd, stat, sizeof(stat) - 1) < 0)
        stat[0] = 0;
    close(fd);
    state = strrchr(stat, ')');
    return state && (state[2] == 'S' || state[2] == 'D');
}

/*
 * Unregistering should let a waiting thread go. One that still sleeps in the same step is woken by hand,
 * which the event of the withdrawal then says. True: look again later.
 */
static bool wake_stuck(struct fl_uffd *uffd, struct fl_uffd_region *region, uint64_t now)
{
    if (now - region->withdrawn_at_ns < STUCK_MS * 1000000u)
        return true;
    region->withdrawn_at_ns = 0;
    if (region->withdrawn_event < uffd->events.count && sleeps(region->waiter)) {
        uffd->events.items[region->withdrawn_event].a = 1;
        fl_uffd_wake(uffd, region);
    }
    return false;
}

/* Lets go whoever waits longer than allowed; milliseconds until the next one is due, -1 for never. */
int fl_uffd_withdraw_overdue(struct fl_uffd *uffd)
{
    uint64_t limit = (uint64_t)uffd->withdraw_ms * 1000000u;
    uint64_t now = fl_now_ns();
    int wait = -1;

    for (uint32_t number = FTL_REGION_PT; number < FL_SLOTS; number++) {
        struct fl_uffd_region *region = &uffd->regions[number];
        uint64_t waited;

        if (region->withdrawn_at_ns)
            wait = wake_stuck(uffd, region, now) ? (int)STUCK_MS : wait;
        if (!region->unanswered_since_ns)
            continue;
        waited = now - region->unanswered_since_ns;
        if (waited >= limit) {
            fl_uffd_let_go(uffd, region);
            region->withdrawn_at_ns = now;
            region->withdrawn_event = uffd->events.count;
            fl_event(&uffd->events, uffd->exec->step, FTL_EVENT_WITHDRAWN, FL_HOST, number, 0, 0, 0);
            wait = (int)STUCK_MS;
        } else if (wait < 0 || (uint64_t)wait > (limit - waited) / 1000000u + 1) {
            wait = (int)((limit - waited) / 1000000u + 1);
        }
    }
    return wait;
}
