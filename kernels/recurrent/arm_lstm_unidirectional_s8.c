#include "internal/dot_s8.h"
#include "internal/lstm_s8.h"

arm_cmsis_nn_status arm_lstm_unidirectional_s8(const int8_t *input, int8_t *output,
                                               const cmsis_nn_lstm_params *params,
                                               cmsis_nn_lstm_context *buffers)
{
    const struct lstm_parts parts = {dot_s8, arm_nn_activation_s16};
    return lstm(parts, input, output, params, buffers);
}
