#include "internal/fully_connected_s8.h"

arm_cmsis_nn_status arm_fully_connected_per_channel_s8_portable(
    const cmsis_nn_context *ctx, const cmsis_nn_fc_params *params,
    const cmsis_nn_per_channel_quant_params *quant, const cmsis_nn_dims *input_dims,
    const int8_t *input, const cmsis_nn_dims *filter_dims, const int8_t *filter,
    const cmsis_nn_dims *bias_dims, const int32_t *bias, const cmsis_nn_dims *output_dims,
    int8_t *output)
{
    (void)ctx;
    (void)bias_dims;
    const struct layer_s8 layer = {
        .weights = filter,
        .bias = bias,
        .multiplier = quant->multiplier,
        .shift = quant->shift,
        .scale_step = 1,
        .rows = output_dims->c,
        .length = filter_dims->n,
        .input_offset = params->input_offset,
        .filter_offset = params->filter_offset,
        .range = {params->output_offset, params->activation.min, params->activation.max},
    };
    for (int32_t batch = 0; batch < input_dims->n; batch++) {
        fully_connected_s8_plain(&layer, input + batch * layer.length, output + batch * layer.rows);
    }
    return ARM_CMSIS_NN_SUCCESS;
}
