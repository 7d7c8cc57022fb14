/* Reading and writing in full, whatever the kernel hands over at a time. */
#include "stream.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

bool fla_read(const struct fla_stream *stream, void *to, size_t bytes)
{
    uint8_t *at = to;

    while (bytes > 0) {
        ssize_t got = read(stream->in, at, bytes);

        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return false;
        at += got;
        bytes -= (size_t)got;
    }
    return true;
}

bool fla_skip(const struct fla_stream *stream, size_t bytes)
{
    uint8_t dropped[4096];

    while (bytes > 0) {
        size_t part = bytes < sizeof(dropped) ? bytes : sizeof(dropped);

        if (!fla_read(stream, dropped, part))
            return false;
        bytes -= part;
    }
    return true;
}

static bool write_all(int fd, const uint8_t *from, size_t bytes)
{
    while (bytes > 0) {
        ssize_t put = write(fd, from, bytes);

        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            return false;
        from += put;
        bytes -= (size_t)put;
    }
    return true;
}

bool fla_send(const struct fla_stream *stream, uint16_t kind, uint32_t number, uint8_t *message,
              size_t payload)
{
    struct fla_header header = {.magic = FLA_MAGIC,
                                .kind = kind,
                                .version = FLA_VERSION,
                                .size = (uint32_t)payload,
                                .number = number};

    memcpy(message, &header, sizeof(header));
    return write_all(stream->out, message, sizeof(header) + payload);
}

bool fla_complain(const struct fla_stream *stream, uint32_t number, const struct fla_trouble *trouble,
                  const char *sentence)
{
    uint8_t message[sizeof(struct fla_header) + sizeof(*trouble) + FLA_MAX_SENTENCE];
    size_t length = strnlen(sentence, FLA_MAX_SENTENCE);

    memcpy(message + sizeof(struct fla_header), trouble, sizeof(*trouble));
    memcpy(message + sizeof(struct fla_header) + sizeof(*trouble), sentence, length);
    return fla_send(stream, FLA_KIND_TROUBLE, number, message, sizeof(*trouble) + length);
}
