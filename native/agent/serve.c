/* Answers messages with the driver, one at a time. */
#include "serve.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "clocks.h"
#include "faultline.h"
#include "faultline_wire.generated.h"

#ifndef FLA_RELEASE
#define FLA_RELEASE "unknown"
#endif

/* A response of the largest size can always follow others. */
#define ROOM ((size_t)FLA_MAX_ANSWER)
/* Memory of answers that is kept; what a huge one needed is given back. */
#define KEPT ((size_t)4 << 20)

_Static_assert(FLA_MAX_ANSWER > FTL_MAX_RESPONSE, "one response fits into an answer");

struct server {
    const struct fla_stream *stream;
    struct fla_shared *shared;
    struct faultline *driver;
    uint8_t *request; /* FLA_MAX_REQUEST bytes */
    uint8_t *message; /* header and ROOM bytes, touched as far as they are used */
};

static uint16_t this_arch(void)
{
#if defined(__x86_64__)
    return FTL_ARCH_X86_64;
#elif defined(__aarch64__)
    return FTL_ARCH_AARCH64;
#else
#error "no such architecture"
#endif
}

static uint8_t *payload_of(const struct server *server)
{
    return server->message + sizeof(struct fla_header);
}

static bool answer(const struct server *server, const struct fla_header *asked, size_t payload)
{
    bool sent = fla_send(server->stream, asked->kind, asked->number, server->message, payload);

    if (payload > KEPT)
        madvise(server->message, sizeof(*asked) + ROOM, MADV_DONTNEED);
    return sent;
}

static bool say_hello(const struct server *server)
{
    struct fla_hello hello = {
        .wire_version = FTL_VERSION, .arch = this_arch(), .pid = (uint32_t)getpid(), .release = FLA_RELEASE};
    struct utsname name;

    if (!uname(&name))
        snprintf((char *)hello.kernel, sizeof(hello.kernel), "%.63s", name.release);
    memcpy(payload_of(server), &hello, sizeof(hello));
    return fla_send(server->stream, FLA_KIND_HELLO, 0, server->message, sizeof(hello));
}

static bool refuse(const struct server *server, const struct fla_header *asked, const char *sentence)
{
    return fla_complain(server->stream, asked->number, &(struct fla_trouble){.reason = FLA_TROUBLE_MESSAGE},
                        sentence);
}

static uint64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* As faultline_execute_batch does it: a frame that lies about its size is all that is left, and refused. */
static uint32_t frame_size(const uint8_t *requests, uint32_t left)
{
    uint32_t size = 0;

    if (left >= sizeof(struct ftl_head))
        memcpy(&size, requests + offsetof(struct ftl_head, size_bytes), sizeof(size));
    return size < sizeof(struct ftl_head) || size > left ? left : size;
}

/* Responses go together, unless they would take too much room or too long. */
static bool execute(const struct server *server, const struct fla_header *asked)
{
    uint8_t *responses = payload_of(server);
    uint64_t flush_at = now_ms() + FLA_FLUSH_MS;
    uint32_t taken = 0;
    size_t used = 0;

    while (taken < asked->size) {
        uint32_t size = frame_size(server->request + taken, asked->size - taken);
        int64_t got = faultline_execute(server->driver, server->request + taken, size, responses + used,
                                        (uint32_t)(ROOM - used));

        if (got < 0)
            return refuse(server, asked, "a response has no room");
        taken += size;
        used += (size_t)got;
        if (taken < asked->size && (ROOM - used < FTL_MAX_RESPONSE || now_ms() >= flush_at)) {
            if (!answer(server, asked, used))
                return false;
            used = 0;
            flush_at = now_ms() + FLA_FLUSH_MS;
        }
    }
    return answer(server, asked, used);
}

static bool report_facts(const struct server *server, const struct fla_header *asked)
{
    int64_t size = faultline_facts(server->driver, payload_of(server), sizeof(struct ftl_facts));

    return size < 0 ? refuse(server, asked, "the facts have no room") : answer(server, asked, (size_t)size);
}

static bool report_clocks(const struct server *server, const struct fla_header *asked)
{
    uint32_t cpus = fla_try_clocks();

    memcpy(payload_of(server), &cpus, sizeof(cpus));
    return answer(server, asked, sizeof(cpus));
}

/* False ends the stream. */
static bool handle(struct server *server, const struct fla_header *asked)
{
    switch (asked->kind) {
    case FLA_KIND_FACTS:
        return report_facts(server, asked);
    case FLA_KIND_EXECUTE:
        return execute(server, asked);
    case FLA_KIND_PING:
        memcpy(payload_of(server), server->request, asked->size);
        return answer(server, asked, asked->size);
    case FLA_KIND_CLOCKS:
        return report_clocks(server, asked);
    case FLA_KIND_BYE:
        answer(server, asked, 0);
        return false;
    default:
        return refuse(server, asked, "there is no such kind of message");
    }
}

/* Behind a header that makes no sense, nobody knows where the next one is: that ends the stream. */
static const char *problem_with(const struct fla_header *header)
{
    if (header->magic != FLA_MAGIC)
        return "what came is no message";
    if (header->version != FLA_VERSION)
        return "the message is of another version of the protocol";
    if (header->size > FLA_MAX_REQUEST)
        return "the message is too large";
    return NULL;
}

static int serve(struct server *server)
{
    struct fla_header header;

    if (!say_hello(server))
        return 1;
    while (fla_read(server->stream, &header, sizeof(header))) {
        const char *problem = problem_with(&header);

        if (problem) {
            refuse(server, &header, problem);
            return 1;
        }
        if (!fla_read(server->stream, server->request, header.size))
            return 1;
        server->shared->number = header.number;
        if (!handle(server, &header))
            return header.kind == FLA_KIND_BYE ? 0 : 1;
    }
    return 0;
}

static bool get_memory(struct server *server)
{
    server->request = malloc(FLA_MAX_REQUEST);
    server->message = mmap(NULL, sizeof(struct fla_header) + ROOM, PROT_READ | PROT_WRITE,
                           MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (server->message == MAP_FAILED)
        server->message = NULL;
    return server->request && server->message;
}

/* NULL on failure, after saying why. */
static struct faultline *open_driver(const struct fla_stream *stream, int blackbox)
{
    const struct fla_trouble trouble = {.reason = FLA_TROUBLE_START};
    char text[FLA_MAX_SENTENCE];
    char path[32];
    struct faultline *driver = faultline_open(text, sizeof(text));

    if (!driver) {
        fla_complain(stream, 0, &trouble, text);
        return NULL;
    }
    snprintf(path, sizeof(path), "/proc/self/fd/%d", blackbox);
    if (!faultline_blackbox(driver, path))
        return driver;
    fla_complain(stream, 0, &trouble, "the driver's black box cannot be mapped: is /proc mounted?");
    faultline_close(driver);
    return NULL;
}

int fla_serve(const struct fla_stream *stream, struct fla_shared *shared)
{
    struct server server = {.stream = stream, .shared = shared};
    int status = 1;

    if (!get_memory(&server)) {
        fla_complain(stream, 0, &(struct fla_trouble){.reason = FLA_TROUBLE_START}, "out of memory");
    } else {
        server.driver = open_driver(stream, shared->blackbox);
        if (server.driver)
            status = serve(&server);
    }
    if (server.driver)
        faultline_close(server.driver);
    if (server.message)
        munmap(server.message, sizeof(struct fla_header) + ROOM);
    free(server.request);
    return status;
}
