#include "context.h"

/* How many slots would have to change for this VM to serve the request; lower is cheaper. */
static uint32_t distance(const struct fl_exec *exec, const struct fl_vm *vm)
{
    uint32_t changes = 0;

    for (uint32_t slot = FTL_REGION_PT; slot < FL_SLOTS; slot++) {
        const struct ftl_region *want = &exec->regions[slot - FTL_REGION_PT];
        const struct fl_region *have = &vm->regions[slot];
        bool used = slot != FTL_REGION_DATA2 || exec->request->flags & FTL_REQUEST_HAS_DATA2;

        if (used != have->shape.used)
            changes += 2;
        else if (used && (want->backing != have->shape.backing || want->pages != have->shape.pages ||
                          want->offset_pages != have->shape.offset_pages))
            changes += 2;
        else if (used && want->slot_flags != have->slot_flags)
            changes += 1;
    }
    return changes;
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
    if (best < FL_POOL) {
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
