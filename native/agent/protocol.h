/* The messages between an agent and whoever drives it; src/driver/remote/protocol.ts has the same numbers. */
#ifndef FLA_PROTOCOL_H
#define FLA_PROTOCOL_H

#include <stdint.h>

/* clang-format off */
#define FLA_MAGIC         0x41544c46u /* "FLTA", little-endian */
#define FLA_VERSION       1u
#define FLA_MAX_REQUEST   0x100000u   /* payload of a message to the agent */
#define FLA_MAX_ANSWER    0x4000000u  /* payload of a message from the agent */
#define FLA_MAX_SENTENCE  400u        /* text of a trouble */
#define FLA_FLUSH_MS      250u        /* responses wait no longer for those of the requests behind them */

#define FLA_KIND_HELLO    1u
#define FLA_KIND_FACTS    2u
#define FLA_KIND_EXECUTE  3u
#define FLA_KIND_TROUBLE  4u
#define FLA_KIND_PING     5u
#define FLA_KIND_BYE      6u
#define FLA_KIND_CLOCKS   7u

#define FLA_TROUBLE_START    1u /* the driver cannot start */
#define FLA_TROUBLE_MESSAGE  2u /* the agent was sent something that is no message */
#define FLA_TROUBLE_DEATH    3u /* the driver died */
/* clang-format on */

/* Before every payload. */
struct fla_header {
    uint32_t magic;
    uint16_t kind;
    uint16_t version;
    uint32_t size;   /* of the payload, in bytes */
    uint32_t number; /* of the request; its answers have the same */
};
_Static_assert(sizeof(struct fla_header) == 16, "fla_header");

/* What the agent says first. */
struct fla_hello {
    uint16_t wire_version; /* FTL_VERSION */
    uint16_t arch;         /* FTL_ARCH_* */
    uint32_t pid;
    uint8_t release[32]; /* of the agent */
    uint8_t kernel[64];
};
_Static_assert(sizeof(struct fla_hello) == 104, "fla_hello");

/* Followed by the sentence, without a zero. */
struct fla_trouble {
    uint16_t reason;
    uint16_t in_flight; /* 1: step and id say what was being executed */
    uint32_t step;
    uint64_t id;
};
_Static_assert(sizeof(struct fla_trouble) == 16, "fla_trouble");

#endif
