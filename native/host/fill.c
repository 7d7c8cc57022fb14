#include <stdlib.h>

#include "context.h"

/* Mirrors fillWord in src/scenario/stage2/layout.ts. */
uint64_t fl_fill_word(uint8_t tag, uint32_t region, uint32_t page, uint32_t offset)
{
    uint64_t high = (uint64_t)tag << 24 | region << 16 | page;
    uint32_t low = offset << 16 | 0x5a5au;

    if (offset == FTL_FETCH_STUB_OFFSET)
        low = (low & ~FL_STUB_MASK) | FL_STUB;
    return high << 32 | low;
}

/* Images of every data page are made once: comparing and copying them is what each scenario does. */
static size_t image_index(uint8_t tag, uint32_t region, uint32_t page)
{
    size_t set = (tag == FTL_FILL_TAG_COPY ? 2u : 0u) + (region == FTL_REGION_DATA2 ? 1u : 0u);

    return set * FTL_MAX_PAGES + page;
}

bool fl_fills_build(struct faultline *context)
{
    static const uint8_t tags[] = {FTL_FILL_TAG_INITIAL, FTL_FILL_TAG_COPY};

    context->fills = aligned_alloc(FL_PAGE, 4 * FTL_MAX_PAGES * FL_PAGE);
    if (!context->fills)
        return false;
    for (size_t t = 0; t < 2; t++) {
        for (uint32_t region = FTL_REGION_DATA; region <= FTL_REGION_DATA2; region++) {
            for (uint32_t page = 0; page < FTL_MAX_PAGES; page++) {
                uint64_t *words =
                    (uint64_t *)(void *)(context->fills + image_index(tags[t], region, page) * FL_PAGE);

                for (uint32_t i = 0; i < FL_PAGE / 8; i++)
                    words[i] = fl_fill_word(tags[t], region, page, i * 8);
            }
        }
    }
    return true;
}

const uint8_t *fl_fill_page(const struct faultline *context, uint8_t tag, uint32_t region, uint32_t page)
{
    return context->fills + image_index(tag, region, page) * FL_PAGE;
}

/* The eight bytes that the fill has at an address, which need not be aligned and may end on the next page. */
static uint64_t fill_bytes(uint8_t tag, uint32_t region, uint32_t page, uint32_t offset)
{
    uint32_t low_at = offset & ~7u;
    uint32_t shift = (offset & 7) * 8;
    uint32_t high_at = low_at + 8;
    uint32_t high_page = page + (uint32_t)(high_at / FL_PAGE);
    uint64_t low = fl_fill_word(tag, region, page, low_at);

    if (!shift)
        return low;
    return low >> shift | fl_fill_word(tag, region, high_page, high_at % (uint32_t)FL_PAGE) << (64 - shift);
}

uint64_t fl_comparand(const struct ftl_step *step, uint32_t page, uint32_t lane)
{
    uint32_t offset = step->offset + 8 * lane;
    uint32_t at_page = page + offset / (uint32_t)FL_PAGE;

    offset %= (uint32_t)FL_PAGE;
    switch (step->comparand) {
    case FTL_COMPARAND_INITIAL:
        return fill_bytes(FTL_FILL_TAG_INITIAL, step->region, at_page, offset);
    case FTL_COMPARAND_COPY:
        return fill_bytes(FTL_FILL_TAG_COPY, step->region, at_page, offset);
    case FTL_COMPARAND_ZERO:
        return 0;
    default:
        return step->value + lane;
    }
}
