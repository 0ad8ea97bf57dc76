/** Division of sums of up to 256 q7 values by their number, without a divide instruction. */
#ifndef INTERNAL_AVERAGE_H
#define INTERNAL_AVERAGE_H

#include "internal/simd.h"

/** Just above 2^30 / count: what to multiply with to divide by count, 1 to 256. */
static inline int32_t reciprocal(int32_t count)
{
    return (1 << 30) / count + 1;
}

/**
 * The last step of a division: cut a product of 2^14 times the quotient.
 *
 * Since the reciprocal is too large by less than 2^-30 * 256 of itself, a product is further from
 * zero than it should be by less than what separates two quotients. Rounding down is thus right for
 * a positive sum and one too low for a negative one.
 */
static inline int32_t cut(int32_t product)
{
    const int32_t down = product >> 14;
    return down + (int32_t)((uint32_t)down >> 31);
}

/** The sums of bytes 0 and 2, and of 1 and 3, divided, towards zero. */
static inline int8x4_t divide_q7x4(int16x2_t even, int16x2_t odd, int32_t by_reciprocal)
{
    const int32_t byte_0 = cut(mul_low_half(by_reciprocal, even));
    const int32_t byte_1 = cut(mul_low_half(by_reciprocal, odd));
    const int32_t byte_2 = cut(mul_high_half(by_reciprocal, even));
    const int32_t byte_3 = cut(mul_high_half(by_reciprocal, odd));
    return pack_q7x4(byte_0, byte_1, byte_2, byte_3);
}

#endif
