/* What walks of the guest's tables do to them on arm64, edits of them, and what becomes dirty. */
#include "faults.h"

/* The access flag: set by hardware, or a fault. And what the walk writes is dirty. */
static void access_flag(struct faultline *context, uint8_t privilege, bool hardware)
{
    struct scenario s = start(privilege);
    const struct ftl_event *event;

    s.request.initial = FTL_INITIAL_AARCH64_WRITABLE;
    s.request.paging = hardware ? FTL_PAGING_HA : 0;
    s.regions[0].slot_flags = FTL_SLOT_LOG;
    s.regions[1].slot_flags = FTL_SLOT_LOG;
    scenario_step(&s, FTL_STEP_DIRTY_GET, FTL_REGION_PT);
    scenario_access(&s, FTL_OP_AARCH64_LDR, 8, FTL_REGION_DATA, 3, 0x40, VALUE);
    scenario_step(&s, FTL_STEP_DIRTY_GET, FTL_REGION_PT);
    scenario_step(&s, FTL_STEP_DIRTY_GET, FTL_REGION_DATA);
    scenario_access(&s, FTL_OP_AARCH64_STR, 8, FTL_REGION_DATA, 3, 0x40, VALUE);
    scenario_step(&s, FTL_STEP_DIRTY_GET, FTL_REGION_DATA);
    run(context, &s);
    REQUIRE(!answer_find(&answer, 0, FTL_EVENT_DIRTY_WORD, 0));
    event = find(1, FTL_EVENT_PTES);
    REQUIRE(!(event->a & AF) == !hardware);
    REQUIRE(!answer_find(&answer, 3, FTL_EVENT_DIRTY_WORD, 0));
    if (!hardware) {
        must_abort(1, privilege, ACCESS_FLAG_L3, false, FTL_ARM_GVA_DATA + 0x3040);
        must_abort(4, privilege, ACCESS_FLAG_L3, true, FTL_ARM_GVA_DATA + 0x3040);
        REQUIRE(!answer_find(&answer, 2, FTL_EVENT_DIRTY_WORD, 0));
        return;
    }
    REQUIRE(find(1, FTL_EVENT_DONE)->a == fill_at(FTL_REGION_DATA, 3, 0x40));
    REQUIRE(find(2, FTL_EVENT_DIRTY_WORD)->b == 1u << 2 && find(4, FTL_EVENT_DONE));
    REQUIRE(find(5, FTL_EVENT_DIRTY_WORD)->b == 1u << 3);
}

/* A page is in the ring when it is first written after a reset, whether it was read before or not. */
static void dirty_ring(struct faultline *context, uint8_t privilege)
{
    struct scenario s = start(privilege);

    s.request.dirty_tracking = FTL_DIRTY_TRACKING_RING;
    s.regions[1].slot_flags = FTL_SLOT_LOG;
    scenario_access(&s, FTL_OP_AARCH64_LDR, 8, FTL_REGION_DATA, 1, 0x40, VALUE);
    scenario_step(&s, FTL_STEP_DIRTY_HARVEST, 0);
    for (uint32_t i = 0; i < 2; i++) {
        scenario_access(&s, FTL_OP_AARCH64_STR, 8, FTL_REGION_DATA, 1, 0x40, VALUE);
        scenario_access(&s, FTL_OP_AARCH64_STR, 8, FTL_REGION_DATA, 1, 0x48, VALUE);
        scenario_step(&s, FTL_STEP_DIRTY_HARVEST, 0);
        scenario_step(&s, FTL_STEP_DIRTY_RESET, 0);
    }
    run(context, &s);
    REQUIRE(!answer_find(&answer, 1, FTL_EVENT_RING_ENTRY, 0));
    for (uint32_t step = 4; step <= 8; step += 4) {
        const struct ftl_event *entry = find(step, FTL_EVENT_RING_ENTRY);

        REQUIRE(entry->vcpu == 0 && entry->arg == FTL_REGION_DATA && entry->a == 1);
        REQUIRE(!answer_find(&answer, step, FTL_EVENT_RING_ENTRY, 1));
        REQUIRE(find(step + 1, FTL_EVENT_RESULT)->a == 1);
    }
}

/* A page that hardware may make writable: DBM set, read-only until it is written. */
static void dirty_state(struct faultline *context, uint8_t privilege, bool hardware)
{
    struct scenario s = start(privilege);

    s.request.initial = FTL_INITIAL_AARCH64_AF | FTL_INITIAL_AARCH64_DBM;
    s.request.paging = FTL_PAGING_HA | (hardware ? FTL_PAGING_HD : 0);
    scenario_access(&s, FTL_OP_AARCH64_LDR, 8, FTL_REGION_DATA, 0, 0x40, VALUE);
    scenario_access(&s, FTL_OP_AARCH64_STR, 8, FTL_REGION_DATA, 0, 0x40, VALUE);
    run(context, &s);
    REQUIRE((find(0, FTL_EVENT_PTES)->a & (DBM | READONLY)) == (DBM | READONLY));
    REQUIRE(!(find(1, FTL_EVENT_PTES)->a & READONLY) == hardware);
    if (hardware)
        REQUIRE(find(1, FTL_EVENT_DONE));
    else
        must_abort(1, privilege, PERMISSION_L3, true, FTL_ARM_GVA_DATA + 0x40);
}

/* A walk that must write to tables in a read-only slot: KVM injects an abort, and it is no MMIO. */
static void readonly_tables(struct faultline *context, uint8_t privilege)
{
    struct scenario s = start(privilege);

    s.request.initial = FTL_INITIAL_AARCH64_WRITABLE;
    s.request.paging = FTL_PAGING_HA;
    s.regions[0].slot_flags = FTL_SLOT_READONLY;
    scenario_access(&s, FTL_OP_AARCH64_LDR, 8, FTL_REGION_DATA, 0, 0x40, VALUE);
    scenario_step(&s, FTL_STEP_MEMSLOT_REPLACE, FTL_REGION_PT);
    scenario_access(&s, FTL_OP_AARCH64_LDR, 8, FTL_REGION_DATA, 0, 0x40, VALUE);
    run(context, &s);
    REQUIRE(!answer_find(&answer, 0, FTL_EVENT_MMIO, 0) && !answer_find(&answer, 0, FTL_EVENT_DONE, 0));
    REQUIRE(ESR_CLASS(find(0, FTL_EVENT_EXCEPTION)->a) == CLASS_DATA(privilege));
    REQUIRE(find(2, FTL_EVENT_DONE)->a == fill_at(FTL_REGION_DATA, 0, 0x40));
}

/* Every edit, by both actors, and the walk sees it. */
static void edits(struct faultline *context, uint8_t privilege, uint8_t actor)
{
    static const struct {
        uint8_t flag;
        uint8_t level;
        uint32_t fault;
    } rows[] = {
        {FTL_PTE_FLAG_AARCH64_VALID, FTL_PTE_LEVEL_AARCH64_L3, TRANSLATION_L3},
        {FTL_PTE_FLAG_AARCH64_WRITABLE, FTL_PTE_LEVEL_AARCH64_L3, PERMISSION_L3},
        {FTL_PTE_FLAG_AARCH64_AF, FTL_PTE_LEVEL_AARCH64_L3, ACCESS_FLAG_L3},
        {FTL_PTE_FLAG_AARCH64_VALID, FTL_PTE_LEVEL_AARCH64_L1, TRANSLATION_L1},
    };

    for (uint32_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct scenario s = start(privilege);

        scenario_access(&s, FTL_OP_AARCH64_STR, 8, FTL_REGION_DATA, 1, 0x40, VALUE);
        for (uint32_t set = 0; set < 2; set++) {
            struct ftl_step *step = scenario_step(&s, FTL_STEP_PTE, FTL_REGION_DATA);

            step->page = 1;
            step->actor = actor;
            step->pte_level = rows[i].level;
            step->pte_flag = rows[i].flag;
            step->flags = (uint8_t)(FTL_STEP_FLUSH | (set ? FTL_STEP_SET : 0));
            scenario_access(&s, FTL_OP_AARCH64_STR, 8, FTL_REGION_DATA, 1, 0x40, VALUE);
        }
        run(context, &s);
        REQUIRE(find(0, FTL_EVENT_DONE));
        must_abort(2, privilege, rows[i].fault, true, FTL_ARM_GVA_DATA + 0x1040);
        REQUIRE(find(4, FTL_EVENT_DONE));
        REQUIRE(answer_find(&answer, 1, actor == FTL_ACTOR_GUEST ? FTL_EVENT_DONE : FTL_EVENT_RESULT, 0));
        REQUIRE(!answer_find(&answer, 1, FTL_EVENT_DONE, 1));
    }
}

/* Two vCPUs add to one word at once: nothing may be lost. */
static void race(struct faultline *context, uint8_t privilege)
{
    struct scenario s = start(privilege);

    s.request.vcpus = 2;
    scenario_access(&s, FTL_OP_AARCH64_LDADD, 8, FTL_REGION_DATA, 0, 0x100, 1)->flags =
        FTL_STEP_RACE_WITH_NEXT;
    scenario_access(&s, FTL_OP_AARCH64_LDADD, 8, FTL_REGION_DATA, 0, 0x100, 2)->vcpu = 1;
    scenario_access(&s, FTL_OP_AARCH64_LDR, 8, FTL_REGION_DATA, 0, 0x100, 0)->vcpu = 1;
    run(context, &s);
    REQUIRE(answer_find(&answer, 0, FTL_EVENT_DONE, 0)->vcpu == 0);
    REQUIRE(answer_find(&answer, 0, FTL_EVENT_DONE, 1)->vcpu == 1);
    REQUIRE(find(1, FTL_EVENT_DONE)->a == fill_at(FTL_REGION_DATA, 0, 0x100) + 3);
}

static void each(struct faultline *context, uint8_t privilege)
{
    access_flag(context, privilege, false);
    if (facts.caps & FTL_CAP_HA) {
        access_flag(context, privilege, true);
        readonly_tables(context, privilege);
        dirty_state(context, privilege, false);
    }
    if (facts.caps & FTL_CAP_HD)
        dirty_state(context, privilege, true);
    if (facts.caps & FTL_CAP_DIRTY_RING)
        dirty_ring(context, privilege);
    edits(context, privilege, FTL_ACTOR_GUEST);
    edits(context, privilege, FTL_ACTOR_HOST);
    if (facts.caps & FTL_CAP_LSE)
        race(context, privilege);
}

int main(void)
{
    return for_privileges(each);
}
