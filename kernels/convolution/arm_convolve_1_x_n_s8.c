#include "internal/convolve_s8.h"

arm_cmsis_nn_status arm_convolve_1_x_n_s8(const cmsis_nn_context *ctx,
                                          const cmsis_nn_conv_params *params,
                                          const cmsis_nn_per_channel_quant_params *quant,
                                          const cmsis_nn_dims *input_dims, const int8_t *input,
                                          const cmsis_nn_dims *filter_dims, const int8_t *filter,
                                          const cmsis_nn_dims *bias_dims, const int32_t *bias,
                                          const cmsis_nn_dims *output_dims, int8_t *output)
{
    if (ctx->buf == NULL || input_dims->h != 1 || params->dilation.w != 1 ||
        params->stride.w == 0 || params->stride.w * input_dims->c % 4 != 0) {
        return ARM_CMSIS_NN_ARG_ERROR;
    }
    return arm_convolve_s8(ctx, params, quant, input_dims, input, filter_dims, filter, bias_dims,
                           bias, NULL, output_dims, output);
}
