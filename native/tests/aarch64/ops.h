/* What an operation on plain memory must leave behind, worked out without the driver's tables. */
#ifndef FL_TESTS_OPS_H
#define FL_TESTS_OPS_H

#include "scenario.h"

#define VALUE 0x8182838485868788ull

struct expected {
    uint64_t a;
    uint64_t b;
    uint64_t c;
    bool lanes;       /* of the memory's content */
    bool write_back;  /* of 16 */
    uint32_t written; /* bytes from the operand's start */
    uint64_t memory[2];
};

static inline uint64_t low_bytes(uint64_t value, uint32_t bytes)
{
    return bytes >= 8 ? value : value & ((1ull << (8 * bytes)) - 1);
}

static inline uint64_t sign_extend(uint64_t value, uint32_t bytes)
{
    uint32_t shift = 64 - 8 * bytes;

    return (uint64_t)((int64_t)(value << shift) >> shift);
}

/* The fill's bytes from an address on. */
static inline uint64_t fill_at(uint32_t region, uint32_t page, uint32_t offset)
{
    uint8_t bytes[16];

    for (uint32_t i = 0; i < 2; i++) {
        uint64_t word = 0xa5ull << 56 | (uint64_t)region << 48 | (uint64_t)page << 32 |
                        (((uint64_t)(offset & ~7u) + 8 * i) << 16 | 0x5a5a);

        memcpy(bytes + 8 * i, &word, 8);
    }
    uint64_t value;

    memcpy(&value, bytes + (offset & 7), 8);
    return value;
}

/* `m0` and `m1` are the sixteen bytes that the operand has, `pa` its physical address. */
static inline struct expected expected_of(uint8_t op, uint32_t width, uint64_t m0, uint64_t m1, uint64_t pa)
{
    struct expected e = {.a = VALUE, .memory = {VALUE, VALUE + 1}};
    uint64_t old = low_bytes(m0, width);

    switch (op) {
    case FTL_OP_AARCH64_LDR_PRE:
    case FTL_OP_AARCH64_LDR_POST:
        e.write_back = true;
        e.a = m0;
        break;
    case FTL_OP_AARCH64_LDR:
    case FTL_OP_AARCH64_LDAR:
    case FTL_OP_AARCH64_LDXR:
    case FTL_OP_AARCH64_LDTR:
        e.a = old;
        break;
    case FTL_OP_AARCH64_LDRS:
        e.a = sign_extend(m0, width);
        break;
    case FTL_OP_AARCH64_LDRS_W:
        e.a = (uint32_t)sign_extend(m0, width);
        break;
    case FTL_OP_AARCH64_LDP:
        e.a = m0;
        e.b = m1;
        break;
    case FTL_OP_AARCH64_LDR_Q:
        e.lanes = true;
        break;
    case FTL_OP_AARCH64_STR_PRE:
    case FTL_OP_AARCH64_STR_POST:
        e.write_back = true;
        e.written = 8;
        break;
    case FTL_OP_AARCH64_STP:
        e.b = VALUE + 1;
        e.written = 16;
        break;
    case FTL_OP_AARCH64_STR:
    case FTL_OP_AARCH64_STLR:
    case FTL_OP_AARCH64_STTR:
    case FTL_OP_AARCH64_STR_Q:
        e.written = width;
        break;
    case FTL_OP_AARCH64_LDADD:
        e.memory[0] = m0 + VALUE;
        /* fall through */
    case FTL_OP_AARCH64_STXR:
    case FTL_OP_AARCH64_CAS:
    case FTL_OP_AARCH64_SWP:
        e.a = e.b = old;
        e.written = width;
        break;
    case FTL_OP_AARCH64_DC_ZVA:
        e.written = 64;
        break;
    case FTL_OP_AARCH64_AT_S1E1R:
    case FTL_OP_AARCH64_AT_S1E1W:
        e.a = pa & ~0xfffull; /* and attributes, which differ */
        break;
    default:
        break;
    }
    return e;
}

#endif
