#include "internal/mat_mult.h"

void mat_mult_column_reordered(const q7_t *weights, const q15_t *column, uint16_t rows,
                               uint16_t length, uint16_t bias_shift, uint16_t out_shift,
                               const q7_t *bias, q7_t *output)
{
    const q7_t *const end = output + rows;
    for (const q7_t *const last = output + (rows & ~1U); output != last;) {
        const q7_t *a = weights;
        const q7_t *b = weights + length;
        const q15_t *x = column;
        int32_t ax = first_sum(*bias++, bias_shift, out_shift);
        int32_t bx = first_sum(*bias++, bias_shift, out_shift);
        weights = b + length;
#pragma GCC unroll 2
        for (const q7_t *const full = a + (length & ~3U); a != full; a += 4, b += 4, x += 4) {
            const struct q15x4 wa = widen_reordered(load_q7x4(a));
            const struct q15x4 wb = widen_reordered(load_q7x4(b));
            const int16x2_t x0 = load_q15x2(x);
            const int16x2_t x1 = load_q15x2(x + 2);
            ax = __smlad(wa.first, x0, ax);
            bx = __smlad(wb.first, x0, bx);
            ax = __smlad(wa.second, x1, ax);
            bx = __smlad(wb.second, x1, bx);
        }
        for (uint32_t rest = length & 3U; rest != 0; rest--) {
            ax += *a++ * *x;
            bx += *b++ * *x++;
        }
        *output++ = ssat_q7(ax >> out_shift);
        *output++ = ssat_q7(bx >> out_shift);
    }
    if (output != end) {
        const int32_t start = first_sum(*bias, bias_shift, out_shift);
        *output = ssat_q7(dot(widen_reordered, weights, column, length, start) >> out_shift);
    }
}
