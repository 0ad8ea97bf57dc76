#include "internal/requantize.h"

arm_cmsis_nn_status arm_elementwise_mul_s8_portable(const int8_t *input_1, const int8_t *input_2,
                                                    int32_t input_1_offset, int32_t input_2_offset,
                                                    int8_t *output, int32_t out_offset,
                                                    int32_t out_mult, int32_t out_shift,
                                                    int32_t out_activation_min,
                                                    int32_t out_activation_max, int32_t size)
{
    const struct output_range range = {out_offset, out_activation_min, out_activation_max};
    for (int32_t i = 0; i < size; i++) {
        const int32_t product = (input_1[i] + input_1_offset) * (input_2[i] + input_2_offset);
        output[i] = output_s8(product, out_mult, out_shift, range);
    }
    return ARM_CMSIS_NN_SUCCESS;
}
