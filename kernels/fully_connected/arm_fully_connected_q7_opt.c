#include "internal/mat_mult.h"

arm_status arm_fully_connected_q7_opt(const q7_t *vector, const q7_t *weights, uint16_t length,
                                      uint16_t rows, uint16_t bias_shift, uint16_t out_shift,
                                      const q7_t *bias, q7_t *output, q15_t *vector_buffer)
{
    arm_q7_to_q15_reordered_no_shift(vector, vector_buffer, length);
    const q15_t *const end = vector_buffer + length;
    const q15_t *const full = vector_buffer + (length & ~3U);
    for (uint32_t block = rows / 4; block > 0; block--) {
        int32_t a = first_sum(*bias++, bias_shift, out_shift);
        int32_t b = first_sum(*bias++, bias_shift, out_shift);
        int32_t c = first_sum(*bias++, bias_shift, out_shift);
        int32_t d = first_sum(*bias++, bias_shift, out_shift);
        const q15_t *x = vector_buffer;
#pragma GCC unroll 2
        for (; x != full; x += 4, weights += 16) {
            const int16x2_t x02 = load_q15x2(x);
            const int16x2_t x13 = load_q15x2(x + 2);
            const struct q15x4 ab02 = widen_reordered(load_q7x4(weights));
            const struct q15x4 cd02 = widen_reordered(load_q7x4(weights + 4));
            a = __smlad(ab02.first, x02, a);
            b = __smlad(ab02.second, x02, b);
            c = __smlad(cd02.first, x02, c);
            d = __smlad(cd02.second, x02, d);
            const struct q15x4 ab13 = widen_reordered(load_q7x4(weights + 8));
            const struct q15x4 cd13 = widen_reordered(load_q7x4(weights + 12));
            a = __smlad(ab13.first, x13, a);
            b = __smlad(ab13.second, x13, b);
            c = __smlad(cd13.first, x13, c);
            d = __smlad(cd13.second, x13, d);
        }
        for (; x != end; x++) {
            a += *weights++ * *x;
            b += *weights++ * *x;
            c += *weights++ * *x;
            d += *weights++ * *x;
        }
        *output++ = ssat_q7(a >> out_shift);
        *output++ = ssat_q7(b >> out_shift);
        *output++ = ssat_q7(c >> out_shift);
        *output++ = ssat_q7(d >> out_shift);
    }
    mat_mult_column_reordered(weights, vector_buffer, rows & 3U, length, bias_shift, out_shift,
                              bias, output);
    return ARM_MATH_SUCCESS;
}
