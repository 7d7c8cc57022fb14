/* Whole messages over two file descriptors that block. */
#ifndef FLA_STREAM_H
#define FLA_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "protocol.h"

struct fla_stream {
    int in;
    int out;
};

/* The stream ended, or cannot be used any more: false. */
bool fla_read(const struct fla_stream *stream, void *to, size_t bytes);
bool fla_skip(const struct fla_stream *stream, size_t bytes);

/* `message` begins with room for a header, and the payload follows it: one write, and so one exit of a guest.
 */
bool fla_send(const struct fla_stream *stream, uint16_t kind, uint32_t number, uint8_t *message,
              size_t payload);

/* One sentence about what went wrong; `trouble` has the rest. */
bool fla_complain(const struct fla_stream *stream, uint32_t number, const struct fla_trouble *trouble,
                  const char *sentence);

#endif
