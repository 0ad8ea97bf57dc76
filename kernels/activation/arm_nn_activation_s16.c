#include "arm_nnfunctions.h"
#include "internal/activation_s16.h"

arm_cmsis_nn_status arm_nn_activation_s16(const int16_t *input, int16_t *output, int32_t size,
                                          int32_t left_shift, arm_nn_activation_type type)
{
    const int16_t *const end = input + size;
    if (type == ARM_SIGMOID) {
        while (input != end) {
            *output++ = sigmoid_s16(*input++, left_shift);
        }
    } else {
        while (input != end) {
            *output++ = tanh_s16(*input++, left_shift);
        }
    }
    return ARM_CMSIS_NN_SUCCESS;
}
