/** Logistic function and hyperbolic tangent of 16 bits, from one table. */
#ifndef INTERNAL_ACTIVATION_S16_H
#define INTERNAL_ACTIVATION_S16_H

#include <stdint.h>

/** The logistic function at i / 24 in Q0.16, raised so that straight lines between the entries lie
 * as far above the function as below; the last is that of infinity. */
extern const uint16_t sigmoid_table_uint16[256];

/** 3 * value * 2^left_shift, rounded: the units of the table, with 9 fractional bits. */
static inline int32_t in_table_steps(int32_t value, int32_t left_shift)
{
    if (left_shift >= 0) {
        return value * (3 << left_shift);
    }
    return (value * 3 + (1 << (-left_shift - 1))) >> -left_shift;
}

/**
 * Straight lines through the table, Q16 with `bits` more bits: at `distance` from zero, which has
 * `bits` fractional bits; `beyond` past the table.
 */
static inline int32_t read_table(int32_t distance, int32_t bits, int32_t beyond)
{
    const int32_t index = distance >> bits;
    if (index >= 255) {
        return beyond;
    }
    const int32_t below = sigmoid_table_uint16[index];
    const int32_t above = sigmoid_table_uint16[index + 1];
    return (below << bits) + (distance & ((1 << bits) - 1)) * (above - below);
}

/** The logistic function in Q0.15. */
static inline int16_t sigmoid_s16(int32_t value, int32_t left_shift)
{
    const int32_t x = in_table_steps(value, left_shift);
    const int32_t half = 1 << 9;
    if (x >= 0) {
        return (int16_t)((read_table(x, 9, 0x7FFF << 10) + half) >> 10);
    }
    return (int16_t)(((1 << 25) - read_table(-x, 9, 0x7FFF << 10) + half - 1) >> 10);
}

/** The hyperbolic tangent in Q0.15: 2 * sigmoid(2 * x) - 1. */
static inline int16_t tanh_s16(int32_t value, int32_t left_shift)
{
    const int32_t x = in_table_steps(value, left_shift);
    const int32_t one = 1 << 23;
    const int32_t half = 1 << 7;
    if (x >= 0) {
        return (int16_t)((read_table(x, 8, 0xFFFF << 8) - one + half) >> 8);
    }
    return (int16_t)((one - read_table(-x, 8, 0xFFFF << 8) + half - 1) >> 8);
}

#endif
