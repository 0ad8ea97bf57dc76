#include "internal/requantize.h"

arm_cmsis_nn_status arm_elementwise_mul_s16_portable(const int16_t *input_1, const int16_t *input_2,
                                                     int32_t input_1_offset, int32_t input_2_offset,
                                                     int16_t *output, int32_t out_offset,
                                                     int32_t out_mult, int32_t out_shift,
                                                     int32_t out_activation_min,
                                                     int32_t out_activation_max, int32_t size)
{
    (void)input_1_offset;
    (void)input_2_offset;
    (void)out_offset;
    for (int32_t i = 0; i < size; i++) {
        const int32_t product = requantize(input_1[i] * input_2[i], out_mult, out_shift);
        output[i] = (int16_t)clamp(product, out_activation_min, out_activation_max);
    }
    return ARM_CMSIS_NN_SUCCESS;
}
