/*
 * What the library makes of the reference scenario: the same frame handed to faultline_execute over and over.
 * Next to bare_loop, which does the same system calls by hand, it shows what the library adds.
 *
 *   execute_loop [seconds] [user]
 */
#include <time.h>

#include "../tests/scenario.h"

static struct answer answer;

static double now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static struct scenario reference(bool user)
{
    struct scenario s = scenario_new();

    s.request.privilege = user ? FTL_PRIVILEGE_USER : FTL_PRIVILEGE_KERNEL;
    s.regions[1].slot_flags = FTL_SLOT_LOG;
    scenario_access(&s, TEST_LOAD, 8, FTL_REGION_DATA, 0, 0x100, 0x77);
    scenario_step(&s, FTL_STEP_HOLE, FTL_REGION_DATA)->hole_method = FTL_HOLE_METHOD_DONTNEED;
    scenario_access(&s, TEST_STORE, 8, FTL_REGION_DATA, 0, 0x100, 0x77);
    scenario_step(&s, FTL_STEP_DIRTY_GET, FTL_REGION_DATA);
    scenario_step(&s, FTL_STEP_HOLE, FTL_REGION_DATA)->hole_method = FTL_HOLE_METHOD_DONTNEED;
    scenario_access(&s, TEST_LOAD, 8, FTL_REGION_DATA, 0, 0x100, 0x77);
    scenario_step(&s, FTL_STEP_DIRTY_GET, FTL_REGION_DATA);
    return s;
}

int main(int argc, char **argv)
{
    double seconds = argc > 1 ? atof(argv[1]) : 2;
    struct scenario s = reference(argc > 2 && !strcmp(argv[2], "user"));
    uint8_t frame[sizeof(s)];
    uint32_t size = scenario_encode(&s, frame);
    char error[128] = "";
    struct faultline *context = faultline_open(error, sizeof(error));
    uint64_t count = 0;
    double start;

    if (!context) {
        fprintf(stderr, "execute_loop: %s\n", error);
        return 1;
    }
    start = now();
    while (now() - start < seconds) {
        REQUIRE(faultline_execute(context, frame, size, (uint8_t *)&answer, sizeof(answer)) > 0);
        if (answer.header.status != FTL_STATUS_OK) {
            answer_print(&answer);
            return 1;
        }
        count++;
    }
    printf("%.0f\n", (double)count / (now() - start));
    if (argc > 3)
        answer_print(&answer);
    faultline_close(context);
    return 0;
}
