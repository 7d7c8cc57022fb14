/* What any x86 KVM must show for simple scenarios. */
#include "scenario.h"

static struct answer answer;

static void run(struct faultline *context, struct scenario *s)
{
    scenario_run(context, s, &answer);
    if (answer.header.status != FTL_STATUS_OK)
        answer_print(&answer);
    REQUIRE(answer.header.status == FTL_STATUS_OK);
}

static void memory_and_mmio(struct faultline *context, uint8_t privilege)
{
    struct scenario s = scenario_new();
    const struct ftl_event *event;

    s.request.privilege = privilege;
    scenario_access(&s, FTL_OP_LOAD, 8, FTL_REGION_DATA, 2, 0x10, 0);
    scenario_access(&s, FTL_OP_STORE, 4, FTL_REGION_DATA, 1, 0x20, 0x1122334455667788);
    scenario_access(&s, FTL_OP_STORE, 2, FTL_REGION_NONE, 0, 0x30, 0xabcd);
    scenario_access(&s, FTL_OP_LOAD_ZX, 1, FTL_REGION_NONE, 0, 0x40, 0);
    run(context, &s);
    event = answer_find(&answer, 0, FTL_EVENT_DONE, 0);
    REQUIRE(event && event->a == 0xa502000200105a5a);
    event = answer_find(&answer, 2, FTL_EVENT_MMIO, 0);
    REQUIRE(event && event->arg == (2 | 0x100) && event->a == FTL_GPA_NONE + 0x30 && event->b == 0xabcd);
    event = answer_find(&answer, 3, FTL_EVENT_MMIO, 0);
    REQUIRE(event && event->arg == 1 && event->b == 0x88);
    REQUIRE(answer_find(&answer, 3, FTL_EVENT_DONE, 0)->a == 0x88);
    event = answer_find(&answer, 0xffff, FTL_EVENT_PAGE, 0);
    REQUIRE(event && event->arg == (FTL_REGION_DATA | 1 << 8) && event->b == 1);
    event = answer_find(&answer, 0xffff, FTL_EVENT_PAGE_WORD, 0);
    REQUIRE(event && event->a == 0x20 && (uint32_t)event->b == 0x55667788);
    REQUIRE(!answer_find(&answer, 0xffff, FTL_EVENT_PAGE, 1));
}

static void userfaults(struct faultline *context, uint8_t privilege)
{
    struct scenario s = scenario_new();
    const struct ftl_event *event;

    s.request.privilege = privilege;
    s.regions[1].uffd_modes = FTL_UFFD_MODE_MISSING;
    s.regions[1].missing_count = 2;
    s.regions[1].missing_answers[1] = FTL_MISSING_ANSWER_ZEROPAGE;
    scenario_step(&s, FTL_STEP_HOLE, FTL_REGION_DATA)->hole_method = FTL_HOLE_METHOD_DONTNEED;
    s.steps[0].pages = 2;
    scenario_access(&s, FTL_OP_LOAD, 8, FTL_REGION_DATA, 0, 0x10, 0);
    scenario_access(&s, FTL_OP_STORE, 8, FTL_REGION_DATA, 1, 0x10, 0x99);
    run(context, &s);
    event = answer_find(&answer, 1, FTL_EVENT_UFFD, 0);
    REQUIRE(event && event->arg == FTL_REGION_DATA && event->a == FTL_MISSING_ANSWER_COPY && event->b == 0);
    REQUIRE(event->vcpu == 0 && event[1].kind == FTL_EVENT_DONE && event[1].a >> 56 == FTL_FILL_TAG_COPY);
    event = answer_find(&answer, 2, FTL_EVENT_UFFD, 0);
    REQUIRE(event && event->arg == (FTL_REGION_DATA | 1 << 8 | FTL_UFFD_EVENT_WRITE << 24));
    REQUIRE(event->a == FTL_MISSING_ANSWER_ZEROPAGE);
}

static void exceptions(struct faultline *context, uint8_t privilege)
{
    struct scenario s = scenario_new();
    const struct ftl_event *event;

    s.request.privilege = privilege;
    scenario_access(&s, FTL_OP_STORE, 8, FTL_REGION_DATA, 3, 0xffc, 0);
    scenario_access(&s, FTL_OP_MOVAPS_LOAD, 16, FTL_REGION_DATA, 0, 8, 0);
    scenario_access(&s, FTL_OP_LOAD, 8, FTL_REGION_DATA, 0, 8, 0);
    run(context, &s);
    event = answer_find(&answer, 0, FTL_EVENT_EXCEPTION, 0);
    REQUIRE(event && event->arg == (14 | 0x100 | 0x10000) && event->b == FTL_GVA_DATA + 0x4000 &&
            event->c == 0);
    REQUIRE(event->a == (privilege ? 6 : 2));
    event = answer_find(&answer, 1, FTL_EVENT_EXCEPTION, 0);
    REQUIRE(event && (event->arg & 0xff) == 13);
    REQUIRE(answer_find(&answer, 2, FTL_EVENT_DONE, 0));
}

/* Two vCPUs add to one word at once: nothing may be lost. */
static void race(struct faultline *context, uint8_t privilege)
{
    struct scenario s = scenario_new();
    const struct ftl_event *event;

    s.request.privilege = privilege;
    s.request.vcpus = 2;
    scenario_access(&s, FTL_OP_LOCK_ADD, 8, FTL_REGION_DATA, 0, 0x100, 1)->flags = FTL_STEP_RACE_WITH_NEXT;
    scenario_access(&s, FTL_OP_LOCK_ADD, 8, FTL_REGION_DATA, 0, 0x100, 2)->vcpu = 1;
    scenario_access(&s, FTL_OP_LOAD, 8, FTL_REGION_DATA, 0, 0x100, 0)->vcpu = 1;
    run(context, &s);
    REQUIRE(answer_find(&answer, 0, FTL_EVENT_DONE, 0)->vcpu == 0);
    REQUIRE(answer_find(&answer, 0, FTL_EVENT_DONE, 1)->vcpu == 1);
    event = answer_find(&answer, 1, FTL_EVENT_DONE, 0);
    REQUIRE(event && event->a == 0xa502000001005a5aull + 3);
}

static void fork_child(struct faultline *context)
{
    struct scenario s = scenario_new();

    scenario_step(&s, FTL_STEP_HOST_FORK, 0);
    scenario_access(&s, FTL_OP_STORE, 8, FTL_REGION_DATA, 0, 0x100, 1);
    scenario_step(&s, FTL_STEP_HOST_RELEASE, 0);
    run(context, &s);
    REQUIRE(answer_find(&answer, 0, FTL_EVENT_RESULT, 0)->arg == 0);
    REQUIRE(answer_find(&answer, 2, FTL_EVENT_CHILD, 0)->arg == 0);
}

int main(void)
{
    char error[128];
    struct faultline *context = faultline_open(error, sizeof(error));
    struct ftl_facts facts;

    REQUIRE(context && faultline_facts(context, (uint8_t *)&facts, sizeof(facts)) == sizeof(facts));
    if (!(facts.caps & FTL_CAP_KVM))
        return SKIP;
    for (uint8_t privilege = 0; privilege < 2; privilege++) {
        memory_and_mmio(context, privilege);
        exceptions(context, privilege);
        race(context, privilege);
        if (facts.caps & FTL_CAP_USERFAULTFD)
            userfaults(context, privilege);
    }
    fork_child(context);
    faultline_close(context);
    return 0;
}
