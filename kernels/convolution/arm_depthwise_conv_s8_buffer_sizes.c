#include "arm_nnfunctions.h"

int32_t arm_depthwise_conv_s8_opt_get_buffer_size(const cmsis_nn_dims *input_dims,
                                                  const cmsis_nn_dims *filter_dims)
{
    return input_dims->c * filter_dims->w * filter_dims->h * (int32_t)sizeof(int16_t);
}

int32_t arm_depthwise_conv_s8_opt_get_buffer_size_dsp(const cmsis_nn_dims *input_dims,
                                                      const cmsis_nn_dims *filter_dims)
{
    return arm_depthwise_conv_s8_opt_get_buffer_size(input_dims, filter_dims);
}

int32_t arm_depthwise_conv_wrapper_s8_get_buffer_size(const cmsis_nn_dw_conv_params *params,
                                                      const cmsis_nn_dims *input_dims,
                                                      const cmsis_nn_dims *filter_dims,
                                                      const cmsis_nn_dims *output_dims)
{
    const int32_t opt = input_dims->c == output_dims->c && input_dims->n == 1 &&
                        params->dilation.w == 1 && params->dilation.h == 1;
    const int32_t opt_3x3 = filter_dims->w == 3 && filter_dims->h == 3 && params->padding.h <= 1 &&
                            params->padding.w <= 1;
    return opt && !opt_3x3 ? arm_depthwise_conv_s8_opt_get_buffer_size(input_dims, filter_dims) : 0;
}

int32_t arm_depthwise_conv_wrapper_s8_get_buffer_size_dsp(const cmsis_nn_dw_conv_params *params,
                                                          const cmsis_nn_dims *input_dims,
                                                          const cmsis_nn_dims *filter_dims,
                                                          const cmsis_nn_dims *output_dims)
{
    return arm_depthwise_conv_wrapper_s8_get_buffer_size(params, input_dims, filter_dims,
                                                         output_dims);
}
