#include "internal/fixed_point.h"
#include "internal/mat_mult_q7_q15.h"
#include "internal/simd.h"

arm_status arm_fully_connected_mat_q7_vec_q15_opt(const q15_t *vector, const q7_t *weights,
                                                  uint16_t length, uint16_t rows,
                                                  uint16_t bias_shift, uint16_t out_shift,
                                                  const q7_t *bias, q15_t *output,
                                                  q15_t *unused_buffer)
{
    (void)unused_buffer;
    const q15_t *const full = vector + (length & ~1U);
    for (uint32_t block = rows / 4; block > 0; block--) {
        int32_t a = first_sum(*bias++, bias_shift, out_shift);
        int32_t b = first_sum(*bias++, bias_shift, out_shift);
        int32_t c = first_sum(*bias++, bias_shift, out_shift);
        int32_t d = first_sum(*bias++, bias_shift, out_shift);
        const q15_t *x = vector;
#pragma GCC unroll 2
        for (; x != full; x += 2, weights += 8) {
            const int16x2_t x01 = load_q15x2(x);
            const struct q15x4 ab = widen_reordered(load_q7x4(weights));
            const struct q15x4 cd = widen_reordered(load_q7x4(weights + 4));
            a = __smlad(ab.first, x01, a);
            b = __smlad(ab.second, x01, b);
            c = __smlad(cd.first, x01, c);
            d = __smlad(cd.second, x01, d);
        }
        if (length % 2 != 0) {
            a = __smlabb(*weights++, *x, a);
            b = __smlabb(*weights++, *x, b);
            c = __smlabb(*weights++, *x, c);
            d = __smlabb(*weights++, *x, d);
        }
        *output++ = ssat_q15(a >> out_shift);
        *output++ = ssat_q15(b >> out_shift);
        *output++ = ssat_q15(c >> out_shift);
        *output++ = ssat_q15(d >> out_shift);
    }
    mat_mult_column_q7_q15(weights, vector, rows & 3, length, bias_shift, out_shift, bias, output);
    return ARM_MATH_SUCCESS;
}
