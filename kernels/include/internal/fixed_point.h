/** Fixed-point arithmetic in plain C, shared by both forms. */
#ifndef INTERNAL_FIXED_POINT_H
#define INTERNAL_FIXED_POINT_H

#include "arm_nnfunctions.h"

/** The sum modulo 2^32. */
static inline int32_t wrapping_add(int32_t a, int32_t b)
{
    return (int32_t)((uint32_t)a + (uint32_t)b);
}

/** What a sum of products starts from: the bias in the sum's scale, and half an output step. */
static inline int32_t first_sum(int32_t bias, uint16_t bias_shift, uint16_t out_shift)
{
    return wrapping_add((int32_t)((uint32_t)bias << bias_shift), (1 << out_shift) >> 1);
}

static inline int32_t clamp(int32_t value, int32_t low, int32_t high)
{
    return value < low ? low : value > high ? high : value;
}

static inline q7_t saturate_q7(int32_t value)
{
    return (q7_t)clamp(value, INT8_MIN, INT8_MAX);
}

static inline q15_t saturate_q15(int32_t value)
{
    return (q15_t)clamp(value, INT16_MIN, INT16_MAX);
}

/** Where value `index` of a vector stands after arm_q7_to_q15_reordered_no_shift. */
static inline uint32_t reordered(uint32_t index, uint32_t size)
{
    static const uint8_t place[4] = {0, 2, 1, 3};
    return index < (size & ~3U) ? (index & ~3U) + place[index & 3U] : index;
}

#endif
