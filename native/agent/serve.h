#ifndef FLA_SERVE_H
#define FLA_SERVE_H

#include "stream.h"

/* What the process that watches the driver's process needs when that dies; shared between the two. */
struct fla_shared {
    uint32_t number; /* of the request in progress */
    int blackbox;    /* descriptor of the driver's black box */
};

/* Answers messages until the stream ends or somebody says bye; the exit status. */
int fla_serve(const struct fla_stream *stream, struct fla_shared *shared);

#endif
