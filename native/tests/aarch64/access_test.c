/* Every operation on plain memory, at both privileges and with every granule. */
#include "ops.h"

static struct answer answer;

#define PAGE           5 /* of the data region: an entry of its own with small granules, shared with large ones */
#define PAR_ADDRESS    0x0000fffffffff000ull
#define ESR_CLASS(esr) ((esr) >> 26)
#define CLASS_UNKNOWN  0

static const uint8_t widths[] = {FTL_OP_AARCH64_WIDTHS};
static const uint8_t pt_pages[] = {FTL_PT_PAGES, 12, FTL_ARM_MAX_PT_PAGES};

static struct scenario start(uint8_t granule, uint8_t privilege)
{
    struct scenario s = scenario_new();

    s.request.granule = granule;
    s.request.privilege = privilege;
    s.request.none_pages = 16;
    s.regions[0].pages = pt_pages[granule];
    s.regions[1].pages = 16;
    s.regions[1].offset_pages = 32;
    return s;
}

static void run(struct faultline *context, struct scenario *s)
{
    scenario_run(context, s, &answer);
    if (answer.header.status != FTL_STATUS_OK)
        answer_print(&answer);
    REQUIRE(answer.header.status == FTL_STATUS_OK);
}

/* Where the operand's top byte has its sign set, naturally aligned. */
static uint32_t offset_of(uint8_t op, uint32_t width)
{
    if (op == FTL_OP_AARCH64_BLR)
        return FTL_FETCH_STUB_OFFSET;
    return width < 8 ? 0x148 - width : 0x140;
}

static void check_memory(uint32_t offset, const struct expected *e)
{
    uint8_t bytes[64 + 8] = {0};
    const struct ftl_event *word;
    uint32_t end = offset + e->written;

    if (!e->written) {
        REQUIRE(!answer_find(&answer, 0xffff, FTL_EVENT_PAGE, 0));
        return;
    }
    REQUIRE(answer_find(&answer, 0xffff, FTL_EVENT_PAGE, 0)->arg == (FTL_REGION_DATA | PAGE << 8));
    REQUIRE(!answer_find(&answer, 0xffff, FTL_EVENT_PAGE, 1));
    for (uint32_t at = offset & ~7u; at < end; at += 8) {
        uint64_t fill = fill_at(FTL_REGION_DATA, PAGE, at);

        memcpy(bytes + at - (offset & ~7u), &fill, 8);
    }
    if (e->written == 64)
        memset(bytes, 0, 64);
    else
        memcpy(bytes + offset % 8, e->memory, e->written);
    for (uint32_t at = offset & ~7u, i = 0; at < end; at += 8, i++) {
        uint64_t wanted;

        memcpy(&wanted, bytes + 8 * i, 8);
        word = answer_find(&answer, 0xffff, FTL_EVENT_PAGE_WORD, i);
        REQUIRE(word && word->a == at && word->b == wanted);
    }
    REQUIRE(!answer_find(&answer, 0xffff, FTL_EVENT_PAGE_WORD, (end - (offset & ~7u) + 7) / 8));
}

static void check_done(uint8_t op, const struct expected *e, uint64_t m0, uint64_t m1)
{
    const struct ftl_event *done = answer_find(&answer, 0, FTL_EVENT_DONE, 0);
    const struct ftl_event *event;

    REQUIRE(done);
    if (op == FTL_OP_AARCH64_AT_S1E1R || op == FTL_OP_AARCH64_AT_S1E1W)
        REQUIRE(!(done->a & 1) && (done->a & PAR_ADDRESS) == e->a);
    else
        REQUIRE(done->a == e->a);
    REQUIRE(done->b == e->b && done->c == e->c);
    event = answer_find(&answer, 0, FTL_EVENT_LANES, 0);
    REQUIRE(!event == !e->lanes);
    if (event)
        REQUIRE(event->arg == 0 && event->a == m0 && event->b == m1 && event->c == 0);
    event = answer_find(&answer, 0, FTL_EVENT_REGISTERS, 0);
    REQUIRE(!event == !e->write_back);
    if (event)
        REQUIRE(event->a == 16);
}

/* An operation that this privilege may not use on this memory: at its label, and nothing is written. */
static bool check_refused(uint8_t op, uint8_t privilege)
{
    bool as_user = op == FTL_OP_AARCH64_LDTR || op == FTL_OP_AARCH64_STTR;
    bool translates = op == FTL_OP_AARCH64_AT_S1E1R || op == FTL_OP_AARCH64_AT_S1E1W;
    const struct ftl_event *event = answer_find(&answer, 0, FTL_EVENT_EXCEPTION, 0);

    if (!(as_user && privilege == FTL_PRIVILEGE_KERNEL) && !(translates && privilege == FTL_PRIVILEGE_USER)) {
        REQUIRE(!event);
        return false;
    }
    REQUIRE(event && event->arg == (0x100 | 0x10000) && event->c == 0);
    if (translates)
        REQUIRE(ESR_CLASS(event->a) == CLASS_UNKNOWN && event->b == 0);
    else /* a permission fault at level 3 */
        REQUIRE(ESR_CLASS(event->a) == 0x25 && (event->a & 0x3f) == 0x0f && event->b);
    return true;
}

static void one(struct faultline *context, uint8_t granule, uint8_t privilege, uint8_t op, uint32_t width)
{
    struct scenario s = start(granule, privilege);
    uint32_t offset = offset_of(op, width);
    uint64_t m0 = fill_at(FTL_REGION_DATA, PAGE, offset);
    uint64_t m1 = fill_at(FTL_REGION_DATA, PAGE, offset + 8);
    struct expected e = expected_of(op, width, m0, m1, FTL_GPA_DATA + (32 + PAGE) * 4096ull);
    const struct ftl_event *ptes;

    scenario_access(&s, op, (uint8_t)width, FTL_REGION_DATA, PAGE, (uint16_t)offset, VALUE);
    scenario_access(&s, FTL_OP_AARCH64_LDR, 8, FTL_REGION_DATA, 0, 0, 0);
    run(context, &s);
    if (check_refused(op, privilege)) {
        e.written = 0;
    } else {
        check_done(op, &e, m0, m1);
    }
    check_memory(offset, &e);
    ptes = answer_find(&answer, 0, FTL_EVENT_PTES, 0);
    REQUIRE(ptes && ptes->arg == (FTL_REGION_DATA | PAGE << 8 | 7u << 24) && (ptes->a & 0x403) == 0x403);
    REQUIRE((ptes->b & 3) == 3 && (ptes->c & 3) == 3);
    REQUIRE(answer_find(&answer, 1, FTL_EVENT_DONE, 0)->a == fill_at(FTL_REGION_DATA, 0, 0));
}

int main(void)
{
    char error[128];
    struct faultline *context = faultline_open(error, sizeof(error));
    struct ftl_facts facts;
    uint32_t count = 0;

    REQUIRE(context && faultline_facts(context, (uint8_t *)&facts, sizeof(facts)) == sizeof(facts));
    if (!(facts.caps & FTL_CAP_KVM))
        return SKIP;
    printf("%s, CPU %s %s, Linux %s, caps %llx, %u bits\n", facts.kvm_module, facts.cpu_vendor,
           facts.cpu_model, facts.release, (unsigned long long)facts.caps, facts.physical_bits);
    for (uint8_t granule = 0; granule < FTL_GRANULE_COUNT; granule++) {
        if (!(facts.caps & (uint64_t)FTL_CAP_GRANULE_4K << granule))
            continue;
        for (uint8_t privilege = 0; privilege < FTL_PRIVILEGE_COUNT; privilege++) {
            for (uint8_t op = 0; op < FTL_OP_AARCH64_COUNT; op++) {
                bool atomic = op >= FTL_OP_AARCH64_CAS && op <= FTL_OP_AARCH64_SWP;

                for (uint32_t width = 1; width <= 64; width *= 2) {
                    if (!(widths[op] & width) || (atomic && !(facts.caps & FTL_CAP_LSE)))
                        continue;
                    one(context, granule, privilege, op, width);
                    count++;
                }
            }
        }
    }
    printf("%u operations\n", count);
    faultline_close(context);
    return 0;
}
