/* Layout of the black box file. It outlives the process, so a supervisor reads it after any kind of death. */
#ifndef FAULTLINE_BLACKBOX_H
#define FAULTLINE_BLACKBOX_H

#include <stdint.h>

#define FTL_BLACKBOX_MAGIC          0x424c5446u /* "FTLB", little-endian */
#define FTL_BLACKBOX_BYTES          8192u
#define FTL_BLACKBOX_REQUEST_OFFSET 64u

enum {
    FTL_BLACKBOX_IDLE = 0,
    FTL_BLACKBOX_RUNNING = 1,
};

struct ftl_blackbox {
    uint32_t magic;
    uint32_t state;
    uint32_t request_bytes;
    uint32_t step;     /* the step in progress */
    uint64_t sequence; /* counts executions of this context */
};
_Static_assert(sizeof(struct ftl_blackbox) == 24, "ftl_blackbox");

#endif
