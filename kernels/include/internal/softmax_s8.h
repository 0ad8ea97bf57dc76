/** The exponential function in 32-bit fixed point, as TensorFlow Lite has it. */
#ifndef INTERNAL_SOFTMAX_S8_H
#define INTERNAL_SOFTMAX_S8_H

#include "internal/requantize.h"

/** rounding_high_product, but the one that does not fit saturates. */
static inline int32_t high_product(int32_t a, int32_t b)
{
    return a == INT32_MIN && b == INT32_MIN ? INT32_MAX : rounding_high_product(a, b);
}

/** value * 2^exponent, saturated. */
static inline int32_t saturating_shift_left(int32_t value, int32_t exponent)
{
    const int32_t most = (int32_t)((1U << (31 - exponent)) - 1);
    if (value > most) {
        return INT32_MAX;
    }
    return value < -most ? INT32_MIN : (int32_t)((uint32_t)value << exponent);
}

/** e^x in Q0.31 for an x of at most 0 in Q5.26. */
static inline int32_t exp_of_negative(int32_t x)
{
    if (x == 0) {
        return INT32_MAX;
    }
    /* x is a fraction from -1/4 up to 0, minus a number of quarters; the fraction's exponential is
     * a series around -1/8, and each bit of the number of quarters multiplies by a power of e. */
    const int32_t quarter = 1 << 24;
    const int32_t fraction = (x & (quarter - 1)) - quarter;
    const int32_t quarters = fraction - x;
    const int32_t t = (int32_t)((uint32_t)fraction << 5) + (1 << 28); /* fraction + 1/8, Q0.31 */
    const int32_t t2 = high_product(t, t);
    const int32_t t3 = high_product(t2, t);
    const int32_t t4 = high_product(t2, t2);
    const int32_t e_to_minus_eighth = 1895147668;
    const int32_t third = 715827883;
    const int32_t tail = high_product(rounding_shift_right(t4, 2) + t3, third) + t2;
    int32_t result =
        e_to_minus_eighth + high_product(e_to_minus_eighth, t + rounding_shift_right(tail, 1));
    /* e^-(2^k / 4), k = 0 to 6, in Q0.31 */
    static const int32_t powers[7] = {1672461947, 1302514674, 790015084, 290630308,
                                      39332535,   720401,     242};
    for (int32_t k = 0; k < 7; k++) {
        if (quarters & quarter << k) {
            result = high_product(result, powers[k]);
        }
    }
    return result;
}

/** 1 / (1 + x) in Q0.31 for an x of 0 up to 1 in Q0.31, by Newton and Raphson. */
static inline int32_t one_over_one_plus(int32_t x)
{
    const int32_t half_of_one_plus_x = (int32_t)(((int64_t)x + INT32_MAX + 1) / 2);
    const int32_t one = 1 << 29; /* Q2.29 */
    int32_t result =
        1515870810 + high_product(half_of_one_plus_x, -1010580540); /* 48/17 - 32/17 d */
    for (int32_t round = 0; round < 3; round++) {
        const int32_t error = one - high_product(half_of_one_plus_x, result);
        result = wrapping_add(result, saturating_shift_left(high_product(result, error), 2));
    }
    return saturating_shift_left(result, 1);
}

/** What the scores of a row have in common. */
struct softmax_row {
    int32_t maximum;
    int32_t mult;
    int32_t shift;
    int32_t diff_min;
};

/** e to a score's distance from the maximum, in Q0.31. */
static inline int32_t exp_of_score(int32_t score, struct softmax_row row)
{
    const int32_t distance = (int32_t)((uint32_t)(score - row.maximum) << row.shift);
    return exp_of_negative(high_product(distance, row.mult));
}

/** How sums of exponentials become shares: exponential * scale / 2^shift. */
struct share {
    int32_t scale;
    int32_t shift;
};

/** sum: of exponentials in Q12.19, at least 2^19. */
static inline struct share share_of(int32_t sum)
{
    const int32_t headroom = __builtin_clz((uint32_t)sum);
    const int32_t above_one = (int32_t)(((uint32_t)sum << headroom) - (1U << 31));
    return (struct share){one_over_one_plus(above_one), 12 - headroom + 23};
}

static inline int8_t share_s8(int32_t exponential, struct share share)
{
    const int32_t value = rounding_shift_right(high_product(share.scale, exponential), share.shift);
    return (int8_t)clamp(wrapping_add(value, INT8_MIN), INT8_MIN, INT8_MAX);
}

#endif
