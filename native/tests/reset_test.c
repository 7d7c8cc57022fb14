/*
 * A used VM must be as good as a new one: random scenarios run on pooled VMs and on fresh ones, and
 * everything observed must be the same, but for what the contract leaves open (which clean pages a read makes
 * dirty).
 */
#include "random.h"

#define ROUNDS 1500u

static struct answer used;
static struct answer fresh;

static bool leave_open(const struct ftl_event *event)
{
    return event->kind == FTL_EVENT_DIRTY_WORD;
}

static bool same(const struct answer *a, const struct answer *b)
{
    if (a->header.status != b->header.status || a->header.event_count != b->header.event_count)
        return false;
    for (uint32_t i = 0; i < a->header.event_count; i++) {
        if (memcmp(&a->events[i], &b->events[i], sizeof(a->events[i])))
            return false;
    }
    return true;
}

/* Reads at CPL3 may make pages dirty or not; at CPL0 of an emulating KVM, and on aarch64, they never do. */
static void drop_open(struct answer *answer)
{
    uint32_t kept = 0;

    for (uint32_t i = 0; i < answer->header.event_count; i++) {
        if (!leave_open(&answer->events[i]))
            answer->events[kept++] = answer->events[i];
    }
    answer->header.event_count = kept;
}

int main(int argc, char **argv)
{
    char error[128];
    struct faultline *context = faultline_open(error, sizeof(error));
    struct random random = {argc > 1 ? strtoull(argv[1], NULL, 0) : 1};
    uint32_t rounds = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 0) : ROUNDS;
    struct ftl_facts facts;
    uint32_t reused = 0;
    uint32_t skipped = 0;

    REQUIRE(context);
    REQUIRE(faultline_facts(context, (uint8_t *)&facts, sizeof(facts)) == sizeof(facts));
    if (!(facts.caps & FTL_CAP_KVM))
        return SKIP;
    for (uint32_t round = 0; round < rounds; round++) {
        struct scenario s = random_scenario(&random, TEST_ARCH, facts.free_huge_pages >= 8);

        scenario_run(context, &s, &used);
        s.request.flags |= FTL_REQUEST_FRESH_VM;
        scenario_run(context, &s, &fresh);
        if (s.request.privilege == FTL_PRIVILEGE_USER && TEST_ARCH == FTL_ARCH_X86_64) {
            drop_open(&used);
            drop_open(&fresh);
        }
        reused += used.header.reused;
        skipped += used.header.status == FTL_STATUS_SKIPPED;
        if (used.header.status != FTL_STATUS_OK && used.header.status != FTL_STATUS_SKIPPED) {
            fprintf(stderr, "round %u\n", round);
            answer_print(&used);
            return 1;
        }
        if (same(&used, &fresh))
            continue;
        fprintf(stderr, "round %u differs: used, then fresh\n", round);
        answer_print(&used);
        answer_print(&fresh);
        return 1;
    }
    printf("%u rounds, %u on used VMs, %u skipped\n", rounds, reused, skipped);
    REQUIRE(reused > (rounds - skipped) / 2);
    faultline_close(context);
    return 0;
}
