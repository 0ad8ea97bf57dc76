#include "arm_nnfunctions.h"

arm_cmsis_nn_status arm_fully_connected_wrapper_s8_portable(
    const cmsis_nn_context *ctx, const cmsis_nn_fc_params *params,
    const cmsis_nn_quant_params *quant, const cmsis_nn_dims *input_dims, const int8_t *input,
    const cmsis_nn_dims *filter_dims, const int8_t *filter, const cmsis_nn_dims *bias_dims,
    const int32_t *bias, const cmsis_nn_dims *output_dims, int8_t *output)
{
    if (quant->is_per_channel) {
        const cmsis_nn_per_channel_quant_params scales = {quant->multiplier, quant->shift};
        return arm_fully_connected_per_channel_s8_portable(ctx, params, &scales, input_dims, input,
                                                           filter_dims, filter, bias_dims, bias,
                                                           output_dims, output);
    }
    const cmsis_nn_per_tensor_quant_params scale = {*quant->multiplier, *quant->shift};
    return arm_fully_connected_s8_portable(ctx, params, &scale, input_dims, input, filter_dims,
                                           filter, bias_dims, bias, output_dims, output);
}
