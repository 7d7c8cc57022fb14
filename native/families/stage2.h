/* The parts of the stage2 family. */
#ifndef FL_STAGE2_H
#define FL_STAGE2_H

#include "context.h"

void fl_stage2_pte(struct fl_exec *exec, const struct ftl_step *step);
/* Each of these: false when the step is not one of its own. */
bool fl_stage2_memslot(struct fl_exec *exec, const struct ftl_step *step);
bool fl_stage2_dirty(struct fl_exec *exec, const struct ftl_step *step);
bool fl_stage2_host(struct fl_exec *exec, const struct ftl_step *step);
bool fl_stage2_uffd(struct fl_exec *exec, const struct ftl_step *step);

/* The `result` event of the step in progress. */
void fl_result(struct fl_exec *exec, uint32_t error, uint64_t a);
/* The byte range of a step's pages in its region, rounded out to the backing's pages and cut at the end. */
void fl_step_range(const struct fl_exec *exec, const struct ftl_step *step, uint8_t **start, size_t *bytes);

#endif
