#include "internal/fixed_point.h"
#include "internal/mat_mult_q7_q15.h"
#include "internal/simd.h"

void mat_mult_column_q7_q15(const q7_t *weights, const q15_t *column, int32_t rows, int32_t length,
                            uint16_t bias_shift, uint16_t out_shift, const q7_t *bias,
                            q15_t *output)
{
    const q15_t *const full = column + (length & ~3);
    const q15_t *const end = column + length;
    for (; rows >= 2; rows -= 2) {
        const q7_t *a = weights;
        const q7_t *b = weights + length;
        int32_t sum_a = first_sum(*bias++, bias_shift, out_shift);
        int32_t sum_b = first_sum(*bias++, bias_shift, out_shift);
        const q15_t *x = column;
        weights = b + length;
        for (; x != full; x += 4, a += 4, b += 4) {
            /* The weights are widened out of order; two vector words in the same order cost as
             * much as two weight words in order, and serve both rows. */
            const int16x2_t x01 = load_q15x2(x);
            const int16x2_t x23 = load_q15x2(x + 2);
            const int16x2_t x02 = low_halves(x01, x23);
            const int16x2_t x13 = high_halves(x01, x23);
            const struct q15x4 wa = widen_reordered(load_q7x4(a));
            const struct q15x4 wb = widen_reordered(load_q7x4(b));
            sum_a = __smlad(wa.first, x02, sum_a);
            sum_b = __smlad(wb.first, x02, sum_b);
            sum_a = __smlad(wa.second, x13, sum_a);
            sum_b = __smlad(wb.second, x13, sum_b);
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
        for (; x != full; x += 4, weights += 4) {
            const struct q15x4 w = widen(load_q7x4(weights));
            sum = __smlad(w.first, load_q15x2(x), sum);
            sum = __smlad(w.second, load_q15x2(x + 2), sum);
        }
        for (; x != end; x++) {
            sum = __smlabb(*weights++, *x, sum);
        }
        *output = ssat_q15(sum >> out_shift);
    }
}
