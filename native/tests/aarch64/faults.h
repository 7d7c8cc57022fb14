/* What the tests of faults have in common. */
#ifndef FL_TESTS_FAULTS_H
#define FL_TESTS_FAULTS_H

#include "ops.h"

static struct answer answer;
static struct ftl_facts facts;

#define EXCEPTION (0x100u | 0x10000u) /* with a syndrome, at the label */
/* The upper half is not looked at: where Linux 6.1 injects an abort it is all ones. */
#define ESR_CLASS(esr) ((esr) >> 26 & 0x3f)
#define ESR_FAULT(esr) ((esr)&0x3f)
#define ESR_WRITE      (1u << 6)
#define CLASS_DATA(p)  ((p) == FTL_PRIVILEGE_USER ? 0x24u : 0x25u)
#define ACCESS_FLAG_L3 0x0bu
#define PERMISSION_L3  0x0fu
#define TRANSLATION_L3 0x07u
#define TRANSLATION_L1 0x05u
#define ABORT_ON_WALK  0x14u /* and the level */
#define ALIGNMENT      0x21u
#define NO_SYSCALL     38u /* ENOSYS: KVM cannot emulate an access whose syndrome does not describe it */
#define AF             (1ull << FTL_ARM_PTE_BIT_ACCESSED)
#define DBM            (1ull << FTL_ARM_PTE_BIT_DBM)
#define READONLY       (1ull << FTL_ARM_PTE_BIT_READONLY)

static inline void run(struct faultline *context, struct scenario *s)
{
    scenario_run(context, s, &answer);
    if (answer.header.status != FTL_STATUS_OK)
        answer_print(&answer);
    REQUIRE(answer.header.status == FTL_STATUS_OK);
}

static inline struct scenario start(uint8_t privilege)
{
    struct scenario s = scenario_new();

    s.request.privilege = privilege;
    return s;
}

static inline const struct ftl_event *find(uint32_t step, uint8_t kind)
{
    const struct ftl_event *event = answer_find(&answer, step, kind, 0);

    if (!event)
        answer_print(&answer);
    REQUIRE(event);
    return event;
}

static inline void must_abort(uint32_t step, uint8_t privilege, uint64_t fault, bool write, uint64_t far)
{
    const struct ftl_event *event = find(step, FTL_EVENT_EXCEPTION);

    REQUIRE(event->arg == EXCEPTION && event->c == 0 && event->b == far);
    REQUIRE(ESR_CLASS(event->a) == CLASS_DATA(privilege) && ESR_FAULT(event->a) == fault);
    /* QEMU calls a load-exclusive that is not aligned a write, some releases of it. */
    REQUIRE(fault == ALIGNMENT || !(event->a & ESR_WRITE) == !write);
    REQUIRE(!answer_find(&answer, step, FTL_EVENT_DONE, 0));
}

/* Calls `each` for both privileges; the exit code of the test. */
static inline int for_privileges(void (*each)(struct faultline *context, uint8_t privilege))
{
    char error[128];
    struct faultline *context = faultline_open(error, sizeof(error));

    REQUIRE(context && faultline_facts(context, (uint8_t *)&facts, sizeof(facts)) == sizeof(facts));
    if (!(facts.caps & FTL_CAP_KVM))
        return SKIP;
    for (uint8_t privilege = 0; privilege < FTL_PRIVILEGE_COUNT; privilege++)
        each(context, privilege);
    faultline_close(context);
    return 0;
}

#endif
