#include "internal/convolve_s8.h"

arm_cmsis_nn_status arm_convolve_1x1_s8_fast(const cmsis_nn_context *ctx,
                                             const cmsis_nn_conv_params *params,
                                             const cmsis_nn_per_channel_quant_params *quant,
                                             const cmsis_nn_dims *input_dims, const int8_t *input,
                                             const cmsis_nn_dims *filter_dims, const int8_t *filter,
                                             const cmsis_nn_dims *bias_dims, const int32_t *bias,
                                             const cmsis_nn_dims *output_dims, int8_t *output)
{
    if (params->padding.w != 0 || params->padding.h != 0 || params->stride.w != 1 ||
        params->stride.h != 1) {
        return ARM_CMSIS_NN_ARG_ERROR;
    }
    if (ctx->buf == NULL) {
        return convolve_s8_plain(ctx, params, quant, input_dims, input, filter_dims, filter,
                                 bias_dims, bias, output_dims, output);
    }
    return convolve_s8_columns(ctx, params, quant, input_dims, input, filter_dims, filter,
                               bias_dims, bias, output_dims, output);
}
