/** Products of s8 rows with an s8 vector and its offset. */
#ifndef INTERNAL_DOT_S8_H
#define INTERNAL_DOT_S8_H

#include "internal/simd.h"

/** Sums of two rows. */
struct sums_2 {
    int32_t a;
    int32_t b;
};

/** sum + row * (vector + offset). */
static inline int32_t dot_s8(const int8_t *row, const int8_t *vector, int32_t length,
                             int32_t offset, int32_t sum)
{
    const int16x2_t offsets = low_halves(offset, offset);
    const int8_t *const end = vector + length;
    for (const int8_t *const full = vector + (length & ~3); vector != full; vector += 4, row += 4) {
        const int8x4_t x = load_q7x4(vector);
        const struct q15x4 w = widen_reordered(load_q7x4(row));
        sum = __smlad(w.first, add_even_bytes(offsets, x), sum);
        sum = __smlad(w.second, add_odd_bytes(offsets, x), sum);
    }
    while (vector != end) {
        sum = __smlabb(*row++, *vector++ + offset, sum);
    }
    return sum;
}

/** The same for two rows, one behind the other. */
static inline struct sums_2 dot_2_s8(const int8_t *rows, const int8_t *vector, int32_t length,
                                     int32_t offset, struct sums_2 sums)
{
    const int16x2_t offsets = low_halves(offset, offset);
    const int8_t *a = rows;
    const int8_t *b = rows + length;
    const int8_t *const end = vector + length;
    for (const int8_t *const full = vector + (length & ~3); vector != full;
         vector += 4, a += 4, b += 4) {
        const int8x4_t x = load_q7x4(vector);
        const struct q15x4 wa = widen_reordered(load_q7x4(a));
        const struct q15x4 wb = widen_reordered(load_q7x4(b));
        const int16x2_t even = add_even_bytes(offsets, x);
        const int16x2_t odd = add_odd_bytes(offsets, x);
        sums.a = __smlad(wa.first, even, sums.a);
        sums.b = __smlad(wb.first, even, sums.b);
        sums.a = __smlad(wa.second, odd, sums.a);
        sums.b = __smlad(wb.second, odd, sums.b);
    }
    for (; vector != end; vector++) {
        sums.a = __smlabb(*a++, *vector + offset, sums.a);
        sums.b = __smlabb(*b++, *vector + offset, sums.b);
    }
    return sums;
}

#endif
