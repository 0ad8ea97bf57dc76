#include <stddef.h>

#include "internal/requantize.h"
#include "internal/window.h"

arm_cmsis_nn_status
arm_depthwise_conv_s8_portable(const cmsis_nn_context *ctx, const cmsis_nn_dw_conv_params *params,
                               const cmsis_nn_per_channel_quant_params *quant,
                               const cmsis_nn_dims *input_dims, const int8_t *input,
                               const cmsis_nn_dims *filter_dims, const int8_t *filter,
                               const cmsis_nn_dims *bias_dims, const int32_t *bias,
                               const cmsis_nn_dims *output_dims, int8_t *output)
{
    (void)ctx;
    (void)bias_dims;
    const struct output_range range = {params->output_offset, params->activation.min,
                                       params->activation.max};
    for (int32_t batch = 0; batch < input_dims->n; batch++) {
        for (int32_t y = 0; y < output_dims->h; y++) {
            const int32_t top = y * params->stride.h - params->padding.h;
            const struct taps taps_y =
                taps_inside_dilated(top, filter_dims->h, params->dilation.h, input_dims->h);
            for (int32_t x = 0; x < output_dims->w; x++) {
                const int32_t left = x * params->stride.w - params->padding.w;
                const struct taps taps_x =
                    taps_inside_dilated(left, filter_dims->w, params->dilation.w, input_dims->w);
                for (int32_t o = 0; o < output_dims->c; o++) {
                    int32_t sum = bias != NULL ? bias[o] : 0;
                    for (int32_t ky = taps_y.first; ky < taps_y.end; ky++) {
                        for (int32_t kx = taps_x.first; kx < taps_x.end; kx++) {
                            const int32_t pixel_y = top + ky * params->dilation.h;
                            const int32_t pixel_x = left + kx * params->dilation.w;
                            const int32_t value =
                                input[(pixel_y * input_dims->w + pixel_x) * input_dims->c +
                                      o / params->ch_mult];
                            const int32_t weight =
                                filter[(ky * filter_dims->w + kx) * output_dims->c + o];
                            sum = wrapping_add(sum, (value + params->input_offset) * weight);
                        }
                    }
                    *output++ = output_s8(sum, quant->multiplier[o], quant->shift[o], range);
                }
            }
        }
        input += input_dims->h * input_dims->w * input_dims->c;
    }
    return ARM_CMSIS_NN_SUCCESS;
}
