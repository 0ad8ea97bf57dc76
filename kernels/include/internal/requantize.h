/** From sums of products to s8 outputs, in plain C, shared by both forms. */
#ifndef INTERNAL_REQUANTIZE_H
#define INTERNAL_REQUANTIZE_H

#include "internal/fixed_point.h"

/** value / 2^exponent, rounded, halves away from zero; exponent 0 to 31. */
static inline int32_t rounding_shift_right(int32_t value, int32_t exponent)
{
    const int32_t remainder = value & (int32_t)((1U << exponent) - 1);
    const int32_t half = (int32_t)((1U << exponent) - 1) >> 1;
    const int32_t down = value >> exponent;
    return down + (remainder > half + (down < 0));
}

/** floor(a * b / 2^31 + 1/2), modulo 2^32. */
static inline int32_t rounding_high_product(int32_t a, int32_t b)
{
    return (int32_t)(((int64_t)a * b + (1 << 30)) >> 31);
}

static inline int32_t requantize(int32_t value, int32_t multiplier, int32_t shift)
{
    const int32_t left = shift > 0 ? shift : 0;
    const int32_t right = shift > 0 ? 0 : -shift;
    const int32_t scaled = (int32_t)((uint32_t)value << left);
    return rounding_shift_right(rounding_high_product(scaled, multiplier), right);
}

/** What all outputs of a layer have in common. */
struct output_range {
    int32_t offset;
    int32_t min;
    int32_t max;
};

static inline int8_t output_s8(int32_t sum, int32_t multiplier, int32_t shift,
                               struct output_range range)
{
    const int32_t value = wrapping_add(requantize(sum, multiplier, shift), range.offset);
    return (int8_t)clamp(value, range.min, range.max);
}

#endif
