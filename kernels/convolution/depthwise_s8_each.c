#include "internal/depthwise.h"
#include "internal/depthwise_s8.h"
#include "internal/requantize_dsp.h"
#include "internal/window.h"

arm_cmsis_nn_status depthwise_s8_each(const cmsis_nn_context *ctx,
                                      const cmsis_nn_dw_conv_params *params,
                                      const cmsis_nn_per_channel_quant_params *quant,
                                      const cmsis_nn_dims *input_dims, const int8_t *input,
                                      const cmsis_nn_dims *filter_dims, const int8_t *filter,
                                      const cmsis_nn_dims *bias_dims, const int32_t *bias,
                                      const cmsis_nn_dims *output_dims, int8_t *output)
{
    (void)ctx;
    (void)bias_dims;
    const int32_t channels = input_dims->c;
    const int32_t offset = params->input_offset;
    const int16x2_t offsets = low_halves(offset, offset);
    const struct output_range range = {params->output_offset, params->activation.min,
                                       params->activation.max};
    const int32_t image_row = input_dims->w * channels;
    for (int32_t batch = 0; batch < input_dims->n; batch++) {
        for (int32_t y = 0; y < output_dims->h; y++) {
            const int32_t top = y * params->stride.h - params->padding.h;
            const struct taps taps_y =
                taps_inside_dilated(top, filter_dims->h, params->dilation.h, input_dims->h);
            for (int32_t x = 0; x < output_dims->w; x++) {
                const int32_t left = x * params->stride.w - params->padding.w;
                const struct taps taps_x =
                    taps_inside_dilated(left, filter_dims->w, params->dilation.w, input_dims->w);
                const int32_t first_y = top + taps_y.first * params->dilation.h;
                const int32_t first_x = left + taps_x.first * params->dilation.w;
                const struct window_taps window = {
                    .pixel = input + first_y * image_row + first_x * channels,
                    .tap = filter + (taps_y.first * filter_dims->w + taps_x.first) * channels,
                    .rows = taps_y.end - taps_y.first,
                    .count = taps_x.end - taps_x.first,
                    .pixel_step = params->dilation.w * channels,
                    .pixel_row_step = params->dilation.h * image_row,
                    .tap_step = channels,
                    .tap_row_step = filter_dims->w * channels,
                };
                int32_t c = 0;
                for (; c + 4 <= channels; c += 4) {
                    struct sums_4 sums = {0, 0, 0, 0};
                    if (bias != NULL) {
                        sums = (struct sums_4){bias[c], bias[c + 1], bias[c + 2], bias[c + 3]};
                    }
                    sums = add_window(sums, &window, c, offsets);
                    const int32_t *const multiplier = quant->multiplier + c;
                    const int32_t *const shift = quant->shift + c;
                    *output++ = output_s8_dsp(sums.sum_0, multiplier[0], shift[0], range);
                    *output++ = output_s8_dsp(sums.sum_1, multiplier[1], shift[1], range);
                    *output++ = output_s8_dsp(sums.sum_2, multiplier[2], shift[2], range);
                    *output++ = output_s8_dsp(sums.sum_3, multiplier[3], shift[3], range);
                }
                for (; c < channels; c++) {
                    const int32_t sum =
                        add_window_of_1(bias != NULL ? bias[c] : 0, &window, c, offset);
                    *output++ = output_s8_dsp(sum, quant->multiplier[c], quant->shift[c], range);
                }
            }
        }
        input += input_dims->h * image_row;
    }
    return ARM_CMSIS_NN_SUCCESS;
}
