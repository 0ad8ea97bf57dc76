#include "internal/depthwise_s8.h"

arm_cmsis_nn_status arm_depthwise_conv_3x3_s8(const cmsis_nn_context *ctx,
                                              const cmsis_nn_dw_conv_params *params,
                                              const cmsis_nn_per_channel_quant_params *quant,
                                              const cmsis_nn_dims *input_dims, const int8_t *input,
                                              const cmsis_nn_dims *filter_dims,
                                              const int8_t *filter, const cmsis_nn_dims *bias_dims,
                                              const int32_t *bias, const cmsis_nn_dims *output_dims,
                                              int8_t *output)
{
    if (input_dims->c != output_dims->c || params->padding.w > 1 || filter_dims->w != 3 ||
        filter_dims->h != 3) {
        return ARM_CMSIS_NN_ARG_ERROR;
    }
    return depthwise_s8_each(ctx, params, quant, input_dims, input, filter_dims, filter, bias_dims,
                             bias, output_dims, output);
}
