#include <stdlib.h>

#include "context.h"

/* Mirrors fillWord in src/scenario/stage2/layout.ts. */
uint64_t fl_fill_word(uint8_t tag, uint32_t region, uint32_t page, uint32_t offset)
{
    uint64_t high = (uint64_t)tag << 24 | region << 16 | page;
    uint64_t low = (uint64_t)offset << 16 | (offset == FTL_FETCH_STUB_OFFSET ? FTL_FETCH_STUB : 0x5a5au);

    return high << 32 | (low & 0xffffffffu);
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
