#include "internal/requantize.h"

arm_cmsis_nn_status arm_elementwise_add_s8_portable(
    const int8_t *input_1, const int8_t *input_2, int32_t input_1_offset, int32_t input_1_mult,
    int32_t input_1_shift, int32_t input_2_offset, int32_t input_2_mult, int32_t input_2_shift,
    int32_t left_shift, int8_t *output, int32_t out_offset, int32_t out_mult, int32_t out_shift,
    int32_t out_activation_min, int32_t out_activation_max, int32_t size)
{
    const struct output_range range = {out_offset, out_activation_min, out_activation_max};
    for (int32_t i = 0; i < size; i++) {
        const int32_t a = (input_1[i] + input_1_offset) * (1 << left_shift);
        const int32_t b = (input_2[i] + input_2_offset) * (1 << left_shift);
        const int32_t sum = wrapping_add(requantize(a, input_1_mult, input_1_shift),
                                         requantize(b, input_2_mult, input_2_shift));
        output[i] = output_s8(sum, out_mult, out_shift, range);
    }
    return ARM_CMSIS_NN_SUCCESS;
}
