/** requantize.h with DSP instructions. */
#ifndef INTERNAL_REQUANTIZE_DSP_H
#define INTERNAL_REQUANTIZE_DSP_H

#include "internal/requantize.h"

/**
 * floor(a * b / 2^31 + 1/2), modulo 2^32, for a b of at least 0.
 *
 * SMMLAR rounds at bit 32, so b is doubled; where 2 * b does not fit 31 bits it counts as
 * 2 * b - 2^32, and a is added for it.
 */
static inline int32_t rounding_high_product_dsp(int32_t a, int32_t b)
{
    const int32_t twice = (int32_t)((uint32_t)b << 1);
    int32_t result;
    __asm__("smmlar %0, %1, %2, %3" : "=r"(result) : "r"(a), "r"(twice), "r"(a & twice >> 31));
    return result;
}

static inline int32_t requantize_dsp(int32_t value, int32_t multiplier, int32_t shift)
{
    if (shift >= 0) {
        return rounding_high_product_dsp((int32_t)((uint32_t)value << shift), multiplier);
    }
    const int32_t product = rounding_high_product_dsp(value, multiplier);
    /* One less if negative, so that halves go away from zero. It is above INT32_MIN, since the
     * multiplier is below 2^31. */
    const int32_t away = product + (product >> 31);
    return ((away >> (-shift - 1)) + 1) >> 1;
}

static inline int8_t output_s8_dsp(int32_t sum, int32_t multiplier, int32_t shift,
                                   struct output_range range)
{
    const int32_t value = wrapping_add(requantize_dsp(sum, multiplier, shift), range.offset);
    return (int8_t)clamp(value, range.min, range.max);
}

#endif
