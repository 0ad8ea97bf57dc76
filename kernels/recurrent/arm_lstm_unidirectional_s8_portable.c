#include "internal/lstm_s8.h"

static int32_t dot(const int8_t *row, const int8_t *vector, int32_t length, int32_t offset,
                   int32_t sum)
{
    for (int32_t i = 0; i < length; i++) {
        sum = wrapping_add(sum, row[i] * (vector[i] + offset));
    }
    return sum;
}

arm_cmsis_nn_status arm_lstm_unidirectional_s8_portable(const int8_t *input, int8_t *output,
                                                        const cmsis_nn_lstm_params *params,
                                                        cmsis_nn_lstm_context *buffers)
{
    const struct lstm_parts parts = {dot, arm_nn_activation_s16_portable};
    return lstm(parts, input, output, params, buffers);
}
