/* The code region of aarch64: payload, blocks, and the tables that TTBR1 points to. */
#include <string.h>

#include "internal.h"

/* The payload, linked into the library by blob.S. */
extern const uint8_t fl_payload[];
extern const uint8_t fl_payload_end[];

struct payload_table {
    uint64_t entry;
    uint64_t vectors;
    uint64_t labels[FL_OP_COUNT];
};

_Static_assert(FL_DOORBELL_GPA == FTL_GPA_DOORBELL, "layout.h and the wire header disagree on the doorbell");
_Static_assert(FL_UPPER_BASE + FTL_GPA_PT == FTL_ARM_GVA_PT_ALIAS,
               "layout.h and the wire header disagree on the alias");

#define TABLE     3ull
#define PAGE      (3ull | 1ull << 2 | 3ull << 8 | 1ull << 10) /* normal memory, inner shareable, AF */
#define DEVICE    (3ull | 1ull << 10)
#define USER      (1ull << FTL_ARM_PTE_BIT_USER)
#define READ_ONLY (1ull << FTL_ARM_PTE_BIT_READONLY)
#define NO_EXEC   (3ull << 53) /* neither at EL1 nor at EL0 */

static const struct payload_table *payload(void)
{
    return (const struct payload_table *)(const void *)fl_payload;
}

uint64_t fl_guest_entry(void)
{
    return payload()->entry;
}

uint64_t fl_guest_vectors(void)
{
    return payload()->vectors;
}

uint64_t fl_guest_label(uint32_t op)
{
    return payload()->labels[op];
}

static void put64(uint8_t *code, uint64_t gpa, uint64_t value)
{
    memcpy(code + gpa, &value, sizeof(value));
}

static uint64_t code_entry(uint64_t gpa)
{
    bool runs = gpa >= FL_PAYLOAD_GPA && gpa < FL_PAYLOAD_GPA + FL_PAYLOAD_BYTES;

    return gpa | PAGE | USER | (runs ? READ_ONLY : NO_EXEC);
}

void fl_guest_build(uint8_t *code)
{
    put64(code, FL_UPPER_L1_GPA, FL_CODE_L2_GPA | TABLE);
    put64(code, FL_CODE_L2_GPA, FL_CODE_L3_GPA | TABLE);
    for (uint64_t gpa = 0; gpa < FL_CODE_SIZE; gpa += FL_PAGE)
        put64(code, FL_CODE_L3_GPA + gpa / FL_PAGE * 8, code_entry(gpa));
    put64(code, FL_CODE_L2_GPA + (FL_DOORBELL_GPA >> 21) * 8, FL_DOORBELL_L3_GPA | TABLE);
    put64(code, FL_DOORBELL_L3_GPA + (FL_DOORBELL_GPA >> 12 & 511) * 8,
          FL_DOORBELL_GPA | DEVICE | USER | NO_EXEC);
    put64(code, FL_UPPER_L1_GPA + (FTL_GPA_PT >> 30) * 8, FL_ALIAS_L2_GPA | TABLE);
    put64(code, FL_ALIAS_L2_GPA, FL_ALIAS_L3_GPA | TABLE);
    for (uint64_t page = 0; page < FTL_ARM_MAX_PT_PAGES; page++)
        put64(code, FL_ALIAS_L3_GPA + page * 8, (FTL_GPA_PT + page * FL_PAGE) | PAGE | USER | NO_EXEC);
    memcpy(code + FL_PAYLOAD_GPA, fl_payload, (size_t)(fl_payload_end - fl_payload));
    fl_sync_code(code + FL_PAYLOAD_GPA, FL_PAYLOAD_BYTES);
}

void fl_guest_scratch(uint8_t *code)
{
    memset(code + FL_SCRATCH_GPA, 0, FL_PAGE);
}
