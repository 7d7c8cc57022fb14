/* What KVM on arm64 must show for accesses that fault, once each. */
#include "faults.h"

/* Loads and stores that KVM can tell from their syndrome. */
static void mmio(struct faultline *context, uint8_t privilege)
{
    static const uint8_t loads[] = {FTL_OP_AARCH64_LDR, FTL_OP_AARCH64_LDAR};
    static const uint8_t stores[] = {FTL_OP_AARCH64_STR, FTL_OP_AARCH64_STLR};

    for (uint32_t i = 0; i < 2; i++) {
        for (uint32_t width = 1; width <= 8; width *= 2) {
            struct scenario s = start(privilege);
            const struct ftl_event *event;

            s.request.read_count = 2;
            s.request.reads[1] = 0xfeedfacecafebeefull;
            scenario_access(&s, stores[i], (uint8_t)width, FTL_REGION_NONE, 0, 0x40, VALUE);
            scenario_access(&s, loads[i], (uint8_t)width, FTL_REGION_NONE, 0, 0x48, VALUE);
            scenario_access(&s, loads[i], (uint8_t)width, FTL_REGION_NONE, 0, 0x50, VALUE);
            run(context, &s);
            event = find(0, FTL_EVENT_MMIO);
            REQUIRE(event->arg == (width | 0x100) && event->a == FTL_GPA_NONE + 0x40);
            REQUIRE(event->b == low_bytes(VALUE, width) && find(0, FTL_EVENT_DONE)->a == VALUE);
            event = find(1, FTL_EVENT_MMIO);
            REQUIRE(event->arg == width && event->a == FTL_GPA_NONE + 0x48);
            REQUIRE(find(1, FTL_EVENT_DONE)->a == low_bytes(s.request.reads[0], width));
            REQUIRE(find(2, FTL_EVENT_DONE)->a == low_bytes(s.request.reads[1], width));
        }
    }
}

/*
 * What the CPU loads into a register with a sign-extending load. Linux up to 6.12 at least cuts the extension
 * off again when it puts the value into the guest's byte order, so only the value's own bytes are certain.
 */
static void mmio_sign(struct faultline *context, uint8_t privilege)
{
    static const struct {
        uint8_t op;
        uint8_t width;
        uint64_t extended;
    } rows[] = {
        {FTL_OP_AARCH64_LDRS, 1, 0xfffffffffffffff7ull},   {FTL_OP_AARCH64_LDRS, 2, 0xfffffffffffff6f7ull},
        {FTL_OP_AARCH64_LDRS, 4, 0xffffffffc4c5f6f7ull},   {FTL_OP_AARCH64_LDRS_W, 1, 0x00000000fffffff7ull},
        {FTL_OP_AARCH64_LDRS_W, 2, 0x00000000fffff6f7ull},
    };
    uint32_t extended = 0;

    for (uint32_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct scenario s = start(privilege);
        const struct ftl_event *done;

        s.request.reads[0] = 0x80818283c4c5f6f7ull;
        scenario_access(&s, rows[i].op, rows[i].width, FTL_REGION_NONE, 0, 0x40, VALUE);
        run(context, &s);
        REQUIRE(find(0, FTL_EVENT_MMIO)->arg == rows[i].width);
        done = find(0, FTL_EVENT_DONE);
        REQUIRE(done->a == rows[i].extended || done->a == low_bytes(s.request.reads[0], rows[i].width));
        extended += done->a == rows[i].extended;
    }
    printf("%u of 5 sign-extending loads of MMIO are extended\n", extended);
}

/* KVM_RUN fails where the syndrome says nothing; whatever comes next works as if nothing had been. */
static void no_syndrome(struct faultline *context, uint8_t privilege, uint8_t region, uint8_t op,
                        uint8_t width)
{
    struct scenario s = start(privilege);

    if (op >= FTL_OP_AARCH64_CAS && op <= FTL_OP_AARCH64_SWP && !(facts.caps & FTL_CAP_LSE))
        return;
    if (region == FTL_REGION_DATA)
        s.regions[1].slot_flags = FTL_SLOT_READONLY;
    scenario_access(&s, op, width, region, 0, 0x40, VALUE);
    scenario_access(&s, FTL_OP_AARCH64_LDR, 8, FTL_REGION_DATA, 0, 0x40, VALUE);
    scenario_access(&s, FTL_OP_AARCH64_STR, 8, FTL_REGION_NONE, 0, 0x48, VALUE);
    run(context, &s);
    REQUIRE(find(0, FTL_EVENT_RUN_ERROR)->arg == NO_SYSCALL);
    REQUIRE(!answer_find(&answer, 0, FTL_EVENT_DONE, 0));
    REQUIRE(find(1, FTL_EVENT_DONE)->a == fill_at(FTL_REGION_DATA, 0, 0x40));
    REQUIRE(find(2, FTL_EVENT_MMIO)->b == VALUE && find(2, FTL_EVENT_DONE));
    REQUIRE(!answer_find(&answer, 0xffff, FTL_EVENT_PAGE, 0));
}

static void all_no_syndrome(struct faultline *context, uint8_t privilege)
{
    static const struct {
        uint8_t op;
        uint8_t width;
        bool loads;
    } ops[] = {
        {FTL_OP_AARCH64_LDP, 16, true},     {FTL_OP_AARCH64_STP, 16, false},
        {FTL_OP_AARCH64_LDR_PRE, 8, true},  {FTL_OP_AARCH64_LDR_POST, 8, true},
        {FTL_OP_AARCH64_STR_PRE, 8, false}, {FTL_OP_AARCH64_STR_POST, 8, false},
        {FTL_OP_AARCH64_LDXR, 8, true},     {FTL_OP_AARCH64_STXR, 4, false},
        {FTL_OP_AARCH64_CAS, 8, false},     {FTL_OP_AARCH64_LDADD, 4, false},
        {FTL_OP_AARCH64_SWP, 8, false},     {FTL_OP_AARCH64_LDR_Q, 16, true},
        {FTL_OP_AARCH64_STR_Q, 16, false},  {FTL_OP_AARCH64_DC_ZVA, 64, false},
    };

    for (uint32_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++) {
        no_syndrome(context, privilege, FTL_REGION_NONE, ops[i].op, ops[i].width);
        if (!ops[i].loads)
            no_syndrome(context, privilege, FTL_REGION_DATA, ops[i].op, ops[i].width);
    }
}

static void readonly_slot(struct faultline *context, uint8_t privilege)
{
    struct scenario s = start(privilege);
    const struct ftl_event *event;

    s.regions[1].slot_flags = FTL_SLOT_READONLY;
    scenario_access(&s, FTL_OP_AARCH64_STR, 4, FTL_REGION_DATA, 2, 0x40, VALUE);
    scenario_access(&s, FTL_OP_AARCH64_LDP, 16, FTL_REGION_DATA, 2, 0x40, VALUE);
    scenario_access(&s, FTL_OP_AARCH64_DC_CIVAC, 1, FTL_REGION_DATA, 2, 0x40, VALUE);
    run(context, &s);
    event = find(0, FTL_EVENT_MMIO);
    REQUIRE(event->arg == (4 | 0x100) && event->a == FTL_GPA_DATA + 0x2040 && event->b == (uint32_t)VALUE);
    REQUIRE(find(0, FTL_EVENT_DONE) && find(1, FTL_EVENT_DONE) && find(2, FTL_EVENT_DONE));
    REQUIRE(!answer_find(&answer, 0xffff, FTL_EVENT_PAGE, 0));
}

/* Holes in data and in the page tables that map it. */
static void userfaults(struct faultline *context, uint8_t privilege)
{
    struct scenario s = start(privilege);
    const struct ftl_event *event;

    for (uint32_t i = 0; i < 2; i++) {
        s.regions[i].uffd_modes = FTL_UFFD_MODE_MISSING;
        s.regions[i].missing_count = 1;
    }
    scenario_step(&s, FTL_STEP_HOLE, FTL_REGION_DATA)->hole_method = FTL_HOLE_METHOD_DONTNEED;
    s.steps[0].page = 1;
    scenario_step(&s, FTL_STEP_HOLE, FTL_REGION_PT)->hole_method = FTL_HOLE_METHOD_DONTNEED;
    s.steps[1].pages = FTL_PT_PAGES;
    scenario_access(&s, FTL_OP_AARCH64_STR, 8, FTL_REGION_DATA, 1, 0x10, VALUE);
    scenario_access(&s, FTL_OP_AARCH64_LDR, 8, FTL_REGION_DATA, 1, 0x18, VALUE);
    run(context, &s);
    for (uint32_t i = 0; i < 3; i++) { /* level 1, 2 and 3, each read by the walk */
        event = answer_find(&answer, 2, FTL_EVENT_UFFD, i);
        REQUIRE(event && event->arg == (FTL_REGION_PT | i << 8) && event->vcpu == 0);
        REQUIRE(event->a == FTL_MISSING_ANSWER_COPY && event->b == 0);
    }
    event = answer_find(&answer, 2, FTL_EVENT_UFFD, 3);
    REQUIRE(event && event->arg == (FTL_REGION_DATA | 1 << 8 | FTL_UFFD_EVENT_WRITE << 24));
    REQUIRE(!answer_find(&answer, 2, FTL_EVENT_UFFD, 4) && find(2, FTL_EVENT_DONE));
    REQUIRE(!answer_find(&answer, 3, FTL_EVENT_UFFD, 0));
    REQUIRE(find(3, FTL_EVENT_DONE)->a >> 56 == FTL_FILL_TAG_COPY);
}

/* Jumping to zeroes, and atomics that are not aligned. */
static void others(struct faultline *context, uint8_t privilege)
{
    struct scenario s = start(privilege);
    const struct ftl_event *event;

    scenario_step(&s, FTL_STEP_HOLE, FTL_REGION_DATA)->hole_method = FTL_HOLE_METHOD_DONTNEED;
    scenario_access(&s, FTL_OP_AARCH64_BLR, 4, FTL_REGION_DATA, 0, FTL_FETCH_STUB_OFFSET, 0);
    scenario_access(&s, FTL_OP_AARCH64_LDXR, 8, FTL_REGION_DATA, 1, 0x3c, 0);
    scenario_access(&s, FTL_OP_AARCH64_BLR, 4, FTL_REGION_DATA, 1, FTL_FETCH_STUB_OFFSET, 0);
    scenario_access(&s, FTL_OP_AARCH64_BLR, 4, FTL_REGION_NONE, 0, FTL_FETCH_STUB_OFFSET, 0);
    run(context, &s);
    event = find(1, FTL_EVENT_EXCEPTION);
    REQUIRE(event->arg == EXCEPTION && ESR_CLASS(event->a) == 0 && event->b == 0 && event->c == 0);
    must_abort(2, privilege, ALIGNMENT, false, FTL_ARM_GVA_DATA + 0x103c);
    REQUIRE(find(3, FTL_EVENT_DONE));
    event = find(4, FTL_EVENT_EXCEPTION);
    REQUIRE(event->arg == EXCEPTION && ESR_CLASS(event->a) == CLASS_DATA(privilege) - 4);
    REQUIRE(event->b == FTL_ARM_GVA_NONE + FTL_FETCH_STUB_OFFSET && event->c == 0);
}

/* A private page that the guest writes while a child has it, too: the child keeps the old one. */
static void fork_child(struct faultline *context, uint8_t privilege)
{
    struct scenario s = start(privilege);

    scenario_step(&s, FTL_STEP_HOST_FORK, 0);
    scenario_access(&s, FTL_OP_AARCH64_STR, 8, FTL_REGION_DATA, 0, 0x100, VALUE);
    scenario_step(&s, FTL_STEP_HOST_RELEASE, 0);
    scenario_access(&s, FTL_OP_AARCH64_LDR, 8, FTL_REGION_DATA, 0, 0x100, 0);
    run(context, &s);
    REQUIRE(find(0, FTL_EVENT_RESULT)->arg == 0 && find(2, FTL_EVENT_CHILD)->arg == 0);
    REQUIRE(find(3, FTL_EVENT_DONE)->a == VALUE);
}

static void skips(struct faultline *context)
{
    struct scenario s = scenario_new();

    s.request.arch = FTL_ARCH_X86_64;
    s.request.initial = 0;
    scenario_run(context, &s, &answer);
    REQUIRE(answer.header.status == FTL_STATUS_SKIPPED);
    s = scenario_new();
    s.request.paging = FTL_PAGING_HA | FTL_PAGING_HD;
    scenario_run(context, &s, &answer);
    REQUIRE((answer.header.status == FTL_STATUS_OK) == !!(facts.caps & FTL_CAP_HD));
}

static void each(struct faultline *context, uint8_t privilege)
{
    REQUIRE(facts.arch == FTL_ARCH_AARCH64 && !strcmp((const char *)facts.kvm_module, "arm64"));
    skips(context);
    mmio(context, privilege);
    mmio_sign(context, privilege);
    all_no_syndrome(context, privilege);
    readonly_slot(context, privilege);
    if (facts.caps & FTL_CAP_USERFAULTFD)
        userfaults(context, privilege);
    others(context, privilege);
    fork_child(context, privilege);
}

int main(void)
{
    return for_privileges(each);
}
