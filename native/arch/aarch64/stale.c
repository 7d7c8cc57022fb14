/*
 * What was cached of the guest's tables is in the TLBs of the vCPUs, and nowhere in KVM. Each vCPU drops it
 * with its first command of a scenario. That is not left out where the tables are as before: a TLB may still
 * hold an entry from between two edits.
 */
#include "internal.h"

#define TCR_IPS_40 (2ull << 32)
#define TCR_HA     (1ull << 39)
#define TCR_HD     (1ull << 40)
#define TCR_LOWER  (1ull << 8 | 1ull << 10 | 3ull << 12) /* walks of TTBR0: write-back, inner shareable */
#define TCR_UPPER  (TCR_LOWER << 16 | 2ull << 30 | 25ull << 16)

uint64_t fl_tcr(uint8_t granule, uint8_t paging)
{
    return TCR_IPS_40 | TCR_UPPER | TCR_LOWER | fl_geometry(granule)->tcr |
           (paging & FTL_PAGING_HA ? TCR_HA : 0) | (paging & FTL_PAGING_HD ? TCR_HD : 0);
}

void fl_stale_host_wrote(struct fl_vm *vm)
{
    (void)vm;
}

void fl_stale_restored(struct fl_exec *exec, uint32_t page, const uint64_t *now)
{
    (void)exec;
    (void)page;
    (void)now;
}

int fl_stale_drop(struct fl_vm *vm)
{
    (void)vm;
    return 0;
}

int fl_stale_settle(struct fl_vm *vm, const struct ftl_request *request, bool zapped, bool rebuilt)
{
    (void)zapped;
    (void)rebuilt;
    for (uint32_t cpu = 0; cpu < vm->vcpu_count; cpu++) {
        const struct fl_vcpu *vcpu = &vm->vcpus[cpu];

        fl_block_write(vcpu, FL_BLOCK_TCR, fl_tcr(request->granule, request->paging));
        fl_block_write(vcpu, FL_BLOCK_MODE, 1u << FL_MODE_FLUSH);
    }
    return 0;
}
