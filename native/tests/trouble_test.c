/* What goes wrong must be told: faults nobody answers, deadlines, crashes, and the faults planted on purpose.
 */
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "faultline_blackbox.h"
#include "scenario.h"

static struct answer answer;

static struct scenario unanswered(void)
{
    struct scenario s = scenario_new();

    s.regions[1].uffd_modes = FTL_UFFD_MODE_MISSING;
    s.regions[1].missing_count = 1;
    s.regions[1].missing_answers[0] = FTL_MISSING_ANSWER_NONE;
    scenario_step(&s, FTL_STEP_HOLE, FTL_REGION_DATA)->hole_method = FTL_HOLE_METHOD_DONTNEED;
    scenario_access(&s, TEST_STORE, 8, FTL_REGION_DATA, 0, 0x10, 1);
    return s;
}

static void withdrawal(struct faultline *context, uint8_t vcpu)
{
    struct scenario s = unanswered();
    const struct ftl_event *event;

    s.request.vcpus = 2;
    s.steps[1].vcpu = vcpu;
    scenario_run(context, &s, &answer);
    REQUIRE(answer.header.status == FTL_STATUS_OK);
    event = answer_find(&answer, 1, FTL_EVENT_UFFD, 0);
    REQUIRE(event && event->a == 0xff && event->vcpu == vcpu);
    REQUIRE(event[1].kind == FTL_EVENT_WITHDRAWN && event[1].arg == FTL_REGION_DATA);
    REQUIRE(event[2].kind == FTL_EVENT_DONE);
}

static void deadline(struct faultline *context, uint8_t vcpu)
{
    struct scenario s = unanswered();

    s.request.vcpus = 2;
    s.steps[1].vcpu = vcpu;
    s.request.deadline_ms = 50;
    s.request.withdraw_ms = 30000;
    scenario_run(context, &s, &answer);
    REQUIRE(answer.header.status == FTL_STATUS_HANG);
    REQUIRE(answer.header.event_count < 8);
    REQUIRE(answer.events[answer.header.event_count - 1].kind == FTL_EVENT_HANG);
    REQUIRE(answer.events[answer.header.event_count - 1].vcpu == vcpu);
}

/* What stands still with the whole process is no hang. */
static void standstill(struct faultline *context)
{
    struct scenario s = unanswered();
    struct timespec before_stop = {.tv_nsec = 30000000}, stopped = {.tv_nsec = 600000000};
    pid_t parent = getpid(), child = fork();

    REQUIRE(child >= 0);
    if (child == 0) {
        nanosleep(&before_stop, NULL);
        kill(parent, SIGSTOP);
        nanosleep(&stopped, NULL);
        kill(parent, SIGCONT);
        _exit(0);
    }
    s.request.deadline_ms = 300;
    s.request.withdraw_ms = 150;
    scenario_run(context, &s, &answer);
    REQUIRE(waitpid(child, NULL, 0) == child);
    REQUIRE(answer.header.status == FTL_STATUS_OK);
    REQUIRE(answer_find(&answer, 1, FTL_EVENT_WITHDRAWN, 0));
}

static void poison(struct faultline *context)
{
    struct scenario s = unanswered();

    s.request.privilege = FTL_PRIVILEGE_USER;
    s.regions[1].missing_answers[0] = FTL_MISSING_ANSWER_POISON;
    scenario_run(context, &s, &answer);
    REQUIRE(answer.header.status == FTL_STATUS_OK);
    REQUIRE(answer_find(&answer, 1, FTL_EVENT_UFFD, 0)->b == 0);
    REQUIRE(!answer_find(&answer, 1, FTL_EVENT_DONE, 0));
    REQUIRE(answer_find(&answer, 0xffff, FTL_EVENT_SIGBUS, 0));
}

/* The canary: a scenario must change what the next one sees when the reset is left out on purpose. */
static void skipped_reset(struct faultline *context)
{
    struct scenario s = scenario_new();

    scenario_access(&s, TEST_STORE, 8, FTL_REGION_DATA, 0, 0x100, 0x77);
    s.request.plant = FTL_PLANT_SKIP_RESET;
    scenario_run(context, &s, &answer);
    s.request.plant = FTL_PLANT_NONE;
    s.steps[0].op = TEST_LOAD;
    scenario_run(context, &s, &answer);
    REQUIRE(answer.header.reused && answer_find(&answer, 0, FTL_EVENT_DONE, 0)->a == 0x77);
    scenario_run(context, &s, &answer);
    REQUIRE(answer_find(&answer, 0, FTL_EVENT_DONE, 0)->a != 0x77);
}

static void dropped_bit(struct faultline *context)
{
    struct scenario s = scenario_new();

    s.regions[1].slot_flags = FTL_SLOT_LOG;
    scenario_access(&s, TEST_STORE, 8, FTL_REGION_DATA, 1, 0x100, 0x77);
    scenario_step(&s, FTL_STEP_DIRTY_GET, FTL_REGION_DATA);
    scenario_run(context, &s, &answer);
    REQUIRE(answer_find(&answer, 1, FTL_EVENT_DIRTY_WORD, 0)->b == 2);
    s.request.plant = FTL_PLANT_DROP_DIRTY_BIT;
    scenario_run(context, &s, &answer);
    REQUIRE(!answer_find(&answer, 1, FTL_EVENT_DIRTY_WORD, 0));
}

/* A worker dies in a scenario: the black box says which. */
static void black_box(uint8_t plant, int signal_number)
{
    char path[] = "/tmp/faultline-blackbox-XXXXXX";
    uint8_t bytes[FTL_BLACKBOX_BYTES];
    struct ftl_blackbox box;
    struct ftl_request request;
    int fd = mkstemp(path);
    int status;
    pid_t pid;

    REQUIRE(fd >= 0);
    pid = fork();
    if (pid == 0) {
        char error[128];
        struct faultline *context = faultline_open(error, sizeof(error));
        struct scenario s = scenario_new();

        REQUIRE(context && !faultline_blackbox(context, path));
        s.request.id = 0x1234;
        s.request.plant = plant;
        scenario_run(context, &s, &answer);
        _exit(0);
    }
    if (plant == FTL_PLANT_WEDGE) {
        usleep(300000);
        kill(pid, SIGKILL);
    }
    REQUIRE(waitpid(pid, &status, 0) == pid && WIFSIGNALED(status) && WTERMSIG(status) == signal_number);
    REQUIRE(read(fd, bytes, sizeof(bytes)) == sizeof(bytes));
    memcpy(&box, bytes, sizeof(box));
    memcpy(&request, bytes + FTL_BLACKBOX_REQUEST_OFFSET, sizeof(request));
    REQUIRE(box.magic == FTL_BLACKBOX_MAGIC && box.state == FTL_BLACKBOX_RUNNING && request.id == 0x1234);
    close(fd);
    unlink(path);
}

int main(void)
{
    char error[128];
    struct faultline *context = faultline_open(error, sizeof(error));
    struct ftl_facts facts;

    REQUIRE(context && faultline_facts(context, (uint8_t *)&facts, sizeof(facts)) == sizeof(facts));
    if (!(facts.caps & FTL_CAP_KVM))
        return SKIP;
    skipped_reset(context);
    dropped_bit(context);
    if (facts.caps & FTL_CAP_USERFAULTFD) {
        for (uint8_t vcpu = 0; vcpu < 2; vcpu++) {
            withdrawal(context, vcpu);
            deadline(context, vcpu);
            withdrawal(context, vcpu);
        }
        standstill(context);
    }
    if (facts.caps & FTL_CAP_UFFD_POISON)
        poison(context);
    faultline_close(context);
    black_box(FTL_PLANT_CRASH, SIGSEGV);
    black_box(FTL_PLANT_WEDGE, SIGKILL);
    return 0;
}
