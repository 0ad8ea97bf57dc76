#include "internal/requantize_dsp.h"

arm_cmsis_nn_status
arm_elementwise_add_s16(const int16_t *input_1, const int16_t *input_2, int32_t input_1_offset,
                        int32_t input_1_mult, int32_t input_1_shift, int32_t input_2_offset,
                        int32_t input_2_mult, int32_t input_2_shift, int32_t left_shift,
                        int16_t *output, int32_t out_offset, int32_t out_mult, int32_t out_shift,
                        int32_t out_activation_min, int32_t out_activation_max, int32_t size)
{
    (void)input_1_offset;
    (void)input_2_offset;
    (void)out_offset;
    for (int32_t i = 0; i < size; i++) {
        const int32_t a =
            requantize_dsp(input_1[i] * (1 << left_shift), input_1_mult, input_1_shift);
        const int32_t b =
            requantize_dsp(input_2[i] * (1 << left_shift), input_2_mult, input_2_shift);
        const int32_t sum = requantize_dsp(wrapping_add(a, b), out_mult, out_shift);
        output[i] = (int16_t)clamp(sum, out_activation_min, out_activation_max);
    }
    return ARM_CMSIS_NN_SUCCESS;
}
