#include "internal/fixed_point.h"
#include "internal/mat_mult_q15.h"
#include "internal/simd.h"

void mat_mult_column_q15(const q15_t *weights, const q15_t *column, int32_t rows, int32_t length,
                         uint16_t bias_shift, uint16_t out_shift, const q15_t *bias, q15_t *output)
{
    const q15_t *const full = column + (length & ~3);
    const q15_t *const end = column + length;
    for (; rows >= 2; rows -= 2) {
        const q15_t *a = weights;
        const q15_t *b = weights + length;
        int32_t sum_a = first_sum(*bias++, bias_shift, out_shift);
        int32_t sum_b = first_sum(*bias++, bias_shift, out_shift);
        const q15_t *x = column;
        weights = b + length;
#pragma GCC unroll 2
        for (; x != full; x += 4, a += 4, b += 4) {
            const int16x2_t x0 = load_q15x2(x);
            const int16x2_t x1 = load_q15x2(x + 2);
            sum_a = __smlad(load_q15x2(a), x0, sum_a);
            sum_b = __smlad(load_q15x2(b), x0, sum_b);
            sum_a = __smlad(load_q15x2(a + 2), x1, sum_a);
            sum_b = __smlad(load_q15x2(b + 2), x1, sum_b);
        }
        for (; x != end; x++) {
            sum_a = __smlabb(*a++, *x, sum_a);
            sum_b = __smlabb(*b++, *x, sum_b);
        }
        *output++ = ssat_q15(sum_a >> out_shift);
        *output++ = ssat_q15(sum_b >> out_shift);
    }
    if (rows > 0) {
        int32_t sum = first_sum(*bias, bias_shift, out_shift);
        const q15_t *x = column;
#pragma GCC unroll 2
        for (; x != full; x += 4, weights += 4) {
            sum = __smlad(load_q15x2(weights), load_q15x2(x), sum);
            sum = __smlad(load_q15x2(weights + 2), load_q15x2(x + 2), sum);
        }
        for (; x != end; x++) {
            sum = __smlabb(*weights++, *x, sum);
        }
        *output = ssat_q15(sum >> out_shift);
    }
}
