#include "internal/requantize_dsp.h"
#include "internal/simd.h"

arm_cmsis_nn_status arm_elementwise_mul_s16(const int16_t *input_1, const int16_t *input_2,
                                            int32_t input_1_offset, int32_t input_2_offset,
                                            int16_t *output, int32_t out_offset, int32_t out_mult,
                                            int32_t out_shift, int32_t out_activation_min,
                                            int32_t out_activation_max, int32_t size)
{
    (void)input_1_offset;
    (void)input_2_offset;
    (void)out_offset;
    const int16_t *const end = input_1 + size;
    for (const int16_t *const full = input_1 + (size & ~1); input_1 != full;
         input_1 += 2, input_2 += 2, output += 2) {
        const int16x2_t a = load_q15x2(input_1);
        const int16x2_t b = load_q15x2(input_2);
        const int32_t low = requantize_dsp(__smlabb(a, b, 0), out_mult, out_shift);
        const int32_t high = requantize_dsp(__smlatt(a, b, 0), out_mult, out_shift);
        store_q15x2(output, low_halves(clamp(low, out_activation_min, out_activation_max),
                                       clamp(high, out_activation_min, out_activation_max)));
    }
    if (input_1 != end) {
        const int32_t product = requantize_dsp(*input_1 * *input_2, out_mult, out_shift);
        *output = (int16_t)clamp(product, out_activation_min, out_activation_max);
    }
    return ARM_CMSIS_NN_SUCCESS;
}
