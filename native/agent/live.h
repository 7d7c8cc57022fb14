#ifndef FLA_LIVE_H
#define FLA_LIVE_H

#include <stdbool.h>

#include "stream.h"

/*
 * Serves a stream in a process of its own, which a fault of KVM may take down, and says on the stream what
 * became of it; the exit status. `ends`: the stream's reader hangs up when the other side is gone, and so
 * does this.
 */
int fla_live(const struct fla_stream *stream, bool ends);

#endif
