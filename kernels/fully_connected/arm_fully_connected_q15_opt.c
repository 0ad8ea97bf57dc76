#include "internal/fixed_point.h"
#include "internal/mat_mult_q15.h"
#include "internal/simd.h"

arm_status arm_fully_connected_q15_opt(const q15_t *vector, const q15_t *weights, uint16_t length,
                                       uint16_t rows, uint16_t bias_shift, uint16_t out_shift,
                                       const q15_t *bias, q15_t *output, q15_t *unused_buffer)
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
            a = __smlad(load_q15x2(weights), x01, a);
            b = __smlad(load_q15x2(weights + 2), x01, b);
            c = __smlad(load_q15x2(weights + 4), x01, c);
            d = __smlad(load_q15x2(weights + 6), x01, d);
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
    mat_mult_column_q15(weights, vector, rows & 3, length, bias_shift, out_shift, bias, output);
    return ARM_MATH_SUCCESS;
}
