#include "arm_nnfunctions.h"
#include "internal/activation_s16.h"

arm_cmsis_nn_status arm_nn_activation_s16_portable(const int16_t *input, int16_t *output,
                                                   int32_t size, int32_t left_shift,
                                                   arm_nn_activation_type type)
{
    for (int32_t i = 0; i < size; i++) {
        output[i] = type == ARM_SIGMOID ? sigmoid_s16(input[i], left_shift)
                                        : tanh_s16(input[i], left_shift);
    }
    return ARM_CMSIS_NN_SUCCESS;
}
