#include "internal/fixed_point.h"
#include "internal/mat_mult_q15.h"
#include "internal/simd.h"

q15_t *mat_mult_2_columns_q15(const q15_t *weights, const q15_t *columns, int32_t rows,
                              int32_t length, uint16_t bias_shift, uint16_t out_shift,
                              const q15_t *bias, q15_t *output)
{
    q15_t *output_2 = output + rows;
    for (; rows > 0; rows -= 2) {
        const q15_t *a = weights;
        const q15_t *b = weights + length;
        const q15_t *x = columns;
        const q15_t *y = columns + length;
        int32_t ax = first_sum(*bias++, bias_shift, out_shift);
        int32_t bx = first_sum(*bias++, bias_shift, out_shift);
        int32_t ay = ax;
        int32_t by = bx;
        weights = b + length;
        for (const q15_t *const full = a + (length & ~3); a != full;
             a += 4, b += 4, x += 4, y += 4) {
            const int16x2_t a0 = load_q15x2(a);
            const int16x2_t x0 = load_q15x2(x);
            const int16x2_t y0 = load_q15x2(y);
            const int16x2_t b0 = load_q15x2(b);
            ax = __smlad(a0, x0, ax);
            ay = __smlad(a0, y0, ay);
            bx = __smlad(b0, x0, bx);
            by = __smlad(b0, y0, by);
            const int16x2_t a1 = load_q15x2(a + 2);
            const int16x2_t x1 = load_q15x2(x + 2);
            const int16x2_t y1 = load_q15x2(y + 2);
            const int16x2_t b1 = load_q15x2(b + 2);
            ax = __smlad(a1, x1, ax);
            ay = __smlad(a1, y1, ay);
            bx = __smlad(b1, x1, bx);
            by = __smlad(b1, y1, by);
        }
        for (const q15_t *const end = columns + length; x != end; a++, b++, x++, y++) {
            ax = __smlabb(*a, *x, ax);
            ay = __smlabb(*a, *y, ay);
            bx = __smlabb(*b, *x, bx);
            by = __smlabb(*b, *y, by);
        }
        *output++ = ssat_q15(ax >> out_shift);
        *output++ = ssat_q15(bx >> out_shift);
        *output_2++ = ssat_q15(ay >> out_shift);
        *output_2++ = ssat_q15(by >> out_shift);
    }
    return output_2;
}
