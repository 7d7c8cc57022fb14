#include "context.h"

/* Measured costs of changing a slot, in units of a change of flags in place. */
#define COST_LOG_FLAG 1u
#define COST_CREATE   4u
#define COST_REPLACE  12u
/* What a new VM costs more than this, it may still earn back while there is room for it. */
#define COST_WORTH_A_VM COST_REPLACE

static bool same_memory(const struct ftl_region *want, const struct fl_shape *have)
{
    return want->backing == have->backing && want->pages == have->pages &&
           want->offset_pages == have->offset_pages;
}

/* What it costs to make this VM serve the request. */
static uint32_t distance(const struct fl_exec *exec, const struct fl_vm *vm)
{
    uint32_t cost = 0;

    for (uint32_t slot = FTL_REGION_PT; slot < FL_SLOTS; slot++) {
        const struct ftl_region *want = &exec->regions[slot - FTL_REGION_PT];
        const struct fl_region *have = &vm->regions[slot];
        bool used = slot != FTL_REGION_DATA2 || exec->request->flags & FTL_REQUEST_HAS_DATA2;

        if (!used)
            cost += have->exists ? COST_REPLACE : 0;
        else if (!have->exists)
            cost += COST_CREATE;
        else if (!same_memory(want, &have->shape) || have->away ||
                 (want->slot_flags ^ have->slot_flags) & FTL_SLOT_READONLY)
            cost += COST_REPLACE;
        else if (want->slot_flags != have->slot_flags)
            cost += COST_LOG_FLAG;
    }
    return cost;
}

static uint32_t oldest_slot(const struct faultline *context)
{
    uint32_t oldest = 0;

    for (uint32_t i = 0; i < FL_POOL; i++) {
        if (!context->pool[i])
            return i;
        if (context->pool[i]->last_used < context->pool[oldest]->last_used)
            oldest = i;
    }
    return oldest;
}

struct fl_vm *fl_pool_take(struct fl_exec *exec, bool *reused)
{
    struct faultline *context = exec->context;
    uint32_t best = FL_POOL;
    uint32_t best_distance = UINT32_MAX;

    *reused = false;
    if (exec->request->flags & FTL_REQUEST_FRESH_VM)
        return fl_vm_create(exec);
    for (uint32_t i = 0; i < FL_POOL; i++) {
        const struct fl_vm *vm = context->pool[i];

        /* What cannot be changed on a live VM: the way of tracking dirty pages, and having fewer vCPUs. */
        if (!vm || vm->dirty_tracking != exec->request->dirty_tracking)
            continue;
        uint32_t d = distance(exec, vm);

        if (d < best_distance) {
            best_distance = d;
            best = i;
        }
    }
    if (best < FL_POOL && (best_distance < COST_WORTH_A_VM || context->pool[oldest_slot(context)])) {
        *reused = true;
        context->pool[best]->last_used = ++context->clock;
        return context->pool[best];
    }
    best = oldest_slot(context);
    if (context->pool[best])
        fl_vm_destroy(context, context->pool[best]);
    context->pool[best] = fl_vm_create(exec);
    if (context->pool[best])
        context->pool[best]->last_used = ++context->clock;
    return context->pool[best];
}

void fl_pool_give(struct faultline *context, struct fl_vm *vm, bool discard)
{
    for (uint32_t i = 0; i < FL_POOL; i++) {
        if (context->pool[i] != vm)
            continue;
        if (!discard)
            return;
        context->pool[i] = NULL;
    }
    /* Either condemned, or made for one scenario only. */
    fl_vm_destroy(context, vm);
}

void fl_pool_empty(struct faultline *context)
{
    for (uint32_t i = 0; i < FL_POOL; i++) {
        if (context->pool[i])
            fl_vm_destroy(context, context->pool[i]);
        context->pool[i] = NULL;
    }
}
